import type { ServiceTier } from '#core/catalog/service-tiers';

/** What one request may upload, as it is on the wire. */
export const MAX_SOURCE_BYTES = 2_000_000_000;
/** A resumable upload is kept in pieces of this size, smaller ones where a connection ended. */
export const UPLOAD_PIECE_BYTES = 8_000_000;
/** An upload that comes in smaller and smaller parts ends somewhere. */
export const MAX_UPLOAD_PIECES = 2_000;
/** An upload that is not whole after this is given up. */
export const UPLOAD_KEPT_HOURS = 24;
/** A source that is fetched from a URL and is not whole after this is given up. */
export const FETCH_KEPT_HOURS = 2;
/** A connection that brings nothing for so long is cut; the next goes on behind it. */
export const FETCH_STALL_MS = 30_000;
/** Attempts in a row that bring nothing. */
export const MAX_FETCH_ATTEMPTS = 10;
/** Batches of one tenant that have not ended. */
export const MAX_UNFINISHED_BATCHES = 200;
/** What a gzipped source may unpack to. */
export const MAX_UNPACKED_BYTES = 8_000_000_000;
/** Real rows pack 5 to 60 times; judged once so much was unpacked that a header no longer counts. */
export const MAX_GZIP_RATIO = 200;
export const GZIP_RATIO_FROM_BYTES = 10_000_000;
export const MAX_LINE_BYTES = 256_000;
export const MAX_JSON_DEPTH = 32;
/** Rows of one batch, after its matrix. */
export const MAX_BATCH_ROWS = 5_000_000;
/** Combinations that a matrix makes of one row, and the values of one of its variables. */
export const MAX_MATRIX_ROWS = 100_000;
export const MAX_MATRIX_VARIABLES = 8;
export const MAX_COLUMNS = 200;
export const MAX_TEMPLATE_CHARACTERS = 10_000;

/** Rows that are reserved, inserted and announced in one transaction. */
export const CHUNK_ROWS = 1_000;

/** Below the 0 of a request of its own: a batch never starves what someone is waiting for. */
export const DEFAULT_BATCH_PRIORITY = -50;

/** Of rows that say none, in a batch and a project that say none. */
export const DEFAULT_BATCH_TIER: ServiceTier = 'flex';
