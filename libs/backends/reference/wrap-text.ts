export interface TextBox {
  maxWidth: number;
  maxLines: number;
  /** The width of a line, in the unit of `maxWidth`. */
  widthOf(line: string): number;
}

/** Breaks text into lines that fit: at spaces, or inside a word that is wider than the box. What does not fit ends in `…`. */
export function wrapText(text: string, { maxWidth, maxLines, widthOf }: TextBox): string[] {
  const lines: string[] = [];
  let rest = printable(text);
  while (rest) {
    const fitting = longestStart(rest, (start) => widthOf(start) <= maxWidth);
    if (fitting.length === rest.length) return [...lines, rest];
    if (lines.length === maxLines - 1) return [...lines, shortened(rest, (line) => widthOf(line) <= maxWidth)];
    const space = rest[fitting.length] === ' ' ? fitting.length : fitting.lastIndexOf(' ');
    const line = space > 0 ? fitting.slice(0, space) : fitting;
    lines.push(line);
    rest = rest.slice(line.length).trimStart();
  }
  return lines;
}

/** One line, without control characters. */
function printable(text: string): string {
  return text.replace(/[\p{C}\s]+/gu, ' ').trim();
}

/** At least one character, so that a box narrower than a letter still ends. */
function longestStart(text: string, fits: (start: string) => boolean): string {
  let start = '';
  for (const character of text) {
    if (start && !fits(start + character)) break;
    start += character;
  }
  return start;
}

function shortened(text: string, fits: (line: string) => boolean): string {
  return `${longestStart(text, (start) => fits(`${start}…`)).trimEnd()}…`;
}
