import type { Sharp } from 'sharp';
import type { FileNotes } from '#media/file-notes';

/** Puts the notes where readers look: EXIF (`ImageDescription`, `Software`) and XMP (`dc:title`, `dc:description`). */
export function withNotes(image: Sharp, notes: FileNotes): Sharp {
  return image.withExif({ IFD0: { ImageDescription: notes.comment, Software: notes.title } }).withXmp(xmpOf(notes));
}

function xmpOf({ title, comment }: FileNotes): string {
  return [
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">',
    `<dc:title><rdf:Alt><rdf:li xml:lang="x-default">${escaped(title)}</rdf:li></rdf:Alt></dc:title>`,
    `<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${escaped(comment)}</rdf:li></rdf:Alt></dc:description>`,
    '</rdf:Description></rdf:RDF></x:xmpmeta>',
  ].join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
