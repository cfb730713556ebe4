import type { FileNotes } from '#media/file-notes';

/** In every file, so that nobody takes a drawing for a model's work. The prompt is not in it. */
export function referenceNotes(model: string): FileNotes {
  return {
    title: 'Halogen reference',
    comment: `Made by the reference backend in place of ${model}: drawn by rule from prompt and seed, not by a model.`,
  };
}

export const INSTANT_NOTES: FileNotes = {
  title: 'Halogen reference instant',
  comment: 'Made by the reference backend in instant mode: the same tiny placeholder for every order, for load tests.',
};
