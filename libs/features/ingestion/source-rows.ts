import { type Parser, parse } from 'csv-parse';
import type { BatchOptions } from '#contracts/native/batches';
import { MAX_BATCH_ROWS, MAX_COLUMNS, MAX_LINE_BYTES } from '#core/ingestion/limits';
import { combinationAt, matrixRows } from '#core/ingestion/matrix';
import { badRow, parseStrictJson, type RowRefusal } from '#core/ingestion/strict-json';
import type { ClaimedBatch } from '#features/ingestion/claim';
import { type Reading, type RowAllowances, RowReader, type RowWish } from '#features/ingestion/row-wish';
import { linesOf, type SourceLine } from '#features/ingestion/source-lines';
import { SourceUnreadable } from '#features/ingestion/unpack';
import type { Media } from '#features/understanding/media.service';

export type SourceFormat = 'ndjson' | 'csv' | 'none';

/** A row of a batch, counted from 1 after the matrix, and what was understood of it. */
export type BatchRow = {
  rowNumber: number;
  line: number;
  /** What the row says: its content hash is taken of it. */
  content: string;
} & ({ wish: RowWish } | { refusal: RowRefusal });

/** Understands what is behind a watermark; what is before it is only counted. */
export class SourceRows {
  private readonly reader: RowReader;
  private readonly options: BatchOptions;
  private readonly afterRow: number;
  private readonly rowsPerRecord: number;
  private records = 0;

  constructor({ options, committedRow, ...allowed }: Pick<ClaimedBatch, 'options' | 'committedRow'> & RowAllowances, media: Media) {
    this.options = options;
    this.afterRow = committedRow;
    this.reader = new RowReader(options, allowed, media);
    this.rowsPerRecord = options.matrix ? matrixRows(options.matrix) : 1;
  }

  /** Rows in their order, as many at a time as come. @throws SourceUnreadable where the source cannot be read on; the rows before it have been answered */
  async *read(bytes: AsyncIterable<Buffer>, format: SourceFormat): AsyncGenerator<BatchRow[]> {
    for await (const rows of this.readings(bytes, format)) yield rows.every(isRead) ? rows : await Promise.all(rows);
  }

  private async *readings(bytes: AsyncIterable<Buffer>, format: SourceFormat): AsyncGenerator<RowReading[]> {
    if (format === 'none') yield* this.rowsOfMatrix();
    else if (format === 'csv') yield* this.rowsOfCsv(linesOf(bytes));
    else for await (const lines of linesOf(bytes)) yield* this.rowsOfJson(lines);
  }

  private *rowsOfMatrix(): Generator<RowReading[]> {
    yield* this.rowsOf(0, '', (combination) => this.reader.read({}, combination));
  }

  private *rowsOfJson(lines: readonly SourceLine[]): Generator<RowReading[]> {
    const plain: RowReading[] = [];
    for (const source of lines) {
      if ('text' in source && source.text.trim() === '') continue;
      if ('refusal' in source) {
        plain.push(...this.refused(source.line, source.refusal));
        continue;
      }
      if (this.rowsPerRecord > 1) {
        const parsed = parseStrictJson(source.text);
        if ('refused' in parsed) yield this.refused(source.line, parsed);
        else yield* this.rowsOf(source.line, source.text, (combination) => this.reader.read(parsed.value, combination));
        continue;
      }
      const rowNumber = this.nextRow();
      if (rowNumber <= this.afterRow) continue;
      const parsed = parseStrictJson(source.text);
      const wish = 'refused' in parsed ? parsed : this.reader.read(parsed.value);
      plain.push(batchRow(rowNumber, source.line, source.text, wish));
    }
    if (plain.length > 0) yield plain;
  }

  private async *rowsOfCsv(pieces: AsyncIterable<readonly SourceLine[]>): AsyncGenerator<RowReading[]> {
    const records = new CsvRecords();
    let columns: readonly string[] | undefined;
    const take = function* (this: SourceRows, found: readonly CsvRecord[]): Generator<RowReading[]> {
      const plain: RowReading[] = [];
      for (const { line, values } of found) {
        if (!columns) {
          columns = headerOf(values);
          continue;
        }
        const header = columns;
        if (this.rowsPerRecord > 1) {
          yield* this.rowsOf(line, JSON.stringify(values), (combination) => this.reader.readColumns(header, values, combination));
          continue;
        }
        const rowNumber = this.nextRow();
        if (rowNumber <= this.afterRow) continue;
        plain.push(batchRow(rowNumber, line, JSON.stringify(values), this.reader.readColumns(header, values)));
      }
      if (plain.length > 0) yield plain;
    }.bind(this);
    for await (const lines of pieces) {
      for (const source of lines) {
        if ('text' in source && !source.text.includes('\0')) {
          records.add(source.text);
          continue;
        }
        // An empty line in its place keeps the numbers of the lines behind it.
        yield* take(records.taken());
        yield this.refused(source.line, 'refusal' in source ? source.refusal : badRow(null, 'holds NUL'));
        records.add('');
      }
      yield* take(records.taken());
    }
    for await (const record of records.end()) yield* take([record]);
  }

  /** All rows that one record becomes, a part of them at a time. */
  private *rowsOf(line: number, content: string, read: (combination: ReturnType<typeof combinationAt>) => Reading) {
    const { matrix = {} } = this.options;
    let rows: RowReading[] = [];
    for (let number = 0; number < this.rowsPerRecord; number += 1) {
      const rowNumber = this.records * this.rowsPerRecord + number + 1;
      this.refuseTooMany(rowNumber);
      if (rowNumber <= this.afterRow) continue;
      const combination = combinationAt(matrix, number);
      rows.push(batchRow(rowNumber, line, `${content}\n${JSON.stringify(combination)}`, read(combination)));
      if (rows.length < 1_000) continue;
      yield rows;
      rows = [];
    }
    this.records += 1;
    if (rows.length > 0) yield rows;
  }

  /** A record that cannot be read is one refused row, whatever the matrix would have made of it. */
  private refused(line: number, refusal: RowRefusal): RowReading[] {
    const rowNumber = this.records * this.rowsPerRecord + 1;
    this.records += 1;
    this.refuseTooMany(rowNumber);
    return rowNumber > this.afterRow ? [batchRow(rowNumber, line, '', refusal)] : [];
  }

  private nextRow(): number {
    this.records += 1;
    this.refuseTooMany(this.records);
    return this.records;
  }

  private refuseTooMany(rowNumber: number): void {
    if (rowNumber > MAX_BATCH_ROWS) throw new SourceUnreadable(`a batch has at most ${MAX_BATCH_ROWS} rows`);
  }
}

/** A row of which the media may still be looked for. */
type RowReading = BatchRow | Promise<BatchRow>;

function isRead(row: RowReading): row is BatchRow {
  return !(row instanceof Promise);
}

function batchRow(rowNumber: number, line: number, content: string, reading: Reading): RowReading {
  if (!(reading instanceof Promise))
    return 'refused' in reading ? { rowNumber, line, content, refusal: reading } : { rowNumber, line, content, wish: reading };
  const row = reading.then((read) => batchRow(rowNumber, line, content, read) as BatchRow);
  row.catch(() => {}); // told to whoever reads on
  return row;
}

function headerOf(values: readonly string[]): readonly string[] {
  const columns = values.map((value) => value.trim());
  if (columns.length > MAX_COLUMNS) throw new SourceUnreadable(`the header names more than ${MAX_COLUMNS} columns`);
  const twice = columns.find((column, at) => columns.indexOf(column) !== at);
  if (twice !== undefined) throw new SourceUnreadable('the header names a column twice');
  if (columns.includes('__proto__')) throw new SourceUnreadable('the header names a column __proto__, which is not allowed');
  return columns;
}

interface CsvRecord {
  line: number;
  values: string[];
}

/** Fields in quotes may go over several lines; the line of a record is its last. Bounded lines go in, so that records are bounded too. */
class CsvRecords {
  private readonly parser: Parser;
  private failure: Error | undefined;

  constructor() {
    this.parser = parse({
      info: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: MAX_LINE_BYTES,
    });
    this.parser.on('error', (error) => {
      this.failure = error;
    });
  }

  add(line: string): void {
    if (!this.failure) this.parser.write(`${line}\n`);
  }

  /** @throws SourceUnreadable when a quote was opened and never closed */
  taken(): CsvRecord[] {
    const records: CsvRecord[] = [];
    for (let found = this.next(); found; found = this.next()) records.push({ line: found.info.lines, values: found.record });
    if (this.failure) throw unclosed();
    return records;
  }

  /** What is left. @throws SourceUnreadable */
  async *end(): AsyncGenerator<CsvRecord> {
    yield* this.taken();
    this.parser.end();
    try {
      for await (const { info, record } of this.parser as AsyncIterable<Found>) yield { line: info.lines, values: record };
    } catch {
      throw unclosed();
    }
  }

  private next(): Found | null {
    return this.parser.read() as Found | null;
  }
}

interface Found {
  info: { lines: number };
  record: string[];
}

function unclosed(): SourceUnreadable {
  return new SourceUnreadable(`a record is longer than ${MAX_LINE_BYTES} bytes, or its quote is never closed`);
}
