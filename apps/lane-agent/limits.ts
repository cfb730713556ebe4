/** Lost leases an agent remembers, newest first to stay: a late stage of one of them is refused. */
export const MAX_LOST_LEASES_REMEMBERED = 10_000;
/** `freed` notices that wait for the scheduler's answer. Older ones are dropped: a silent node's lanes are fenced off anyway. */
export const MAX_FREED_NOTICES = 10_000;
/** The largest single input of a stage. */
export const MAX_INPUT_BYTES = 8_000_000_000;
/** Tries of one upload inside one attempt of a stage. */
export const MAX_UPLOAD_TRIES = 3;
/** How long the API may take to answer with a work order. */
export const WORK_ORDER_TIMEOUT_MS = 10_000;
/** How long one attempt of a stage goes on asking an API that is away: a restart must not cost a generation its leases. */
export const API_PATIENCE_MS = 30_000;
/** How long an orderly end may take, children's grace time included. */
export const LEAVE_LIMIT_MS = 4_000;
/** Characters of a backend's refusal that are passed on. */
export const MAX_REFUSAL_CHARACTERS = 300;
