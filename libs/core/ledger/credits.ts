/** One credit in the ledger's unit. Amounts are micro-credits as `bigint`; on the wire they are decimal strings. */
export const MICRO_CREDITS_PER_CREDIT = 1_000_000n;

/** List price of one credit: 0.003 US dollars, so three tenths of a US cent. */
const CREDIT_TENTH_CENTS = 3n;

/** Decimal string of an amount, without trailing zeros: 133333334n → "133.333334". */
export function formatCredits(micro: bigint): string {
  const sign = micro < 0n ? '-' : '';
  const digits = (micro < 0n ? -micro : micro).toString().padStart(7, '0');
  const fraction = digits.slice(-6).replace(/0+$/, '');
  return `${sign}${digits.slice(0, -6)}${fraction && `.${fraction}`}`;
}

/** The amount that a decimal string with at most six places says: "133.5" → 133500000n. */
export function parseCredits(credits: string): bigint {
  const match = /^(\d+)(?:\.(\d{1,6}))?$/.exec(credits);
  if (!match) throw new TypeError(`not an amount of credits: ${credits}`);
  return BigInt(match[1] + (match[2] ?? '').padEnd(6, '0'));
}

/**
 * What a list price in US cents comes to; a fraction of a micro-credit rounds up.
 * @param cents decimal string, at most four places
 */
export function creditsOfUsdCents(cents: string): bigint {
  const match = /^(\d+)(?:\.(\d{1,4}))?$/.exec(cents);
  if (!match) throw new TypeError(`not an amount of cents: ${cents}`);
  const tenThousandths = BigInt(match[1] + (match[2] ?? '').padEnd(4, '0'));
  // cents ÷ 0.3 × 10⁶ micro-credits, with cents in ten-thousandths: × 10⁶ × 10 ÷ (3 × 10⁴).
  const numerator = tenThousandths * MICRO_CREDITS_PER_CREDIT * 10n;
  const denominator = CREDIT_TENTH_CENTS * 10_000n;
  return (numerator + denominator - 1n) / denominator;
}

/** The list price of an amount in US cents, rounded down to a hundredth of a cent: what Dream Machine calls `credit_balance`. */
export function usdCentsOf(micro: bigint): number {
  return Number((micro * CREDIT_TENTH_CENTS) / 100_000n) / 100;
}
