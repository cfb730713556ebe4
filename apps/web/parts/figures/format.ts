/** Credits, cents and counts come as decimal strings or integers and are never turned into floats. */

const MAX_PLACES = 2;

/** `1234567.891000` → `1,234,567.89`: at most two places, cut and never rounded up. */
export function formatCredits(credits: string, locale: string): string {
  const [whole = '0', fraction = ''] = credits.split('.');
  const places = fraction.slice(0, MAX_PLACES).replace(/0+$/, '');
  const digits = new Intl.NumberFormat(locale).format(BigInt(whole));
  const isNegativeBelowOne = whole === '-0';
  return `${isNegativeBelowOne ? '-' : ''}${digits}${places && decimalSign(locale) + places}`;
}

function decimalSign(locale: string): string {
  return new Intl.NumberFormat(locale).formatToParts(0.5).find(({ type }) => type === 'decimal')?.value ?? '.';
}

/** `-123456` US cents → `-$1,234.56`. */
export function formatCents(cents: string, locale: string): string {
  const sign = cents.startsWith('-') ? '-' : '';
  const digits = cents.replace('-', '').padStart(3, '0');
  const dollars = `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}` as `${number}`;
  return new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD' }).format(dollars);
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The day comes before the month in our English. */
function localeOfTimes(locale: string): string {
  return locale === 'en' ? 'en-GB' : locale;
}

/** "3 min ago" within an hour, else `23 Nov 07:16 UTC`. */
export function formatTime(at: Date, now: Date, locale: string): string {
  const agoMs = now.getTime() - at.getTime();
  if (Math.abs(agoMs) < HOUR_MS) {
    const relative = new Intl.RelativeTimeFormat(localeOfTimes(locale), { style: 'short', numeric: 'auto' });
    const isSeconds = Math.abs(agoMs) < MINUTE_MS;
    return isSeconds ? relative.format(-Math.trunc(agoMs / 1_000), 'second') : relative.format(-Math.trunc(agoMs / MINUTE_MS), 'minute');
  }
  return formatInstant(at, now, locale);
}

/** In UTC and 24 h, with the year when it is not this one. */
export function formatInstant(at: Date, now: Date, locale: string): string {
  const isThisYear = at.getUTCFullYear() === now.getUTCFullYear();
  const year = isThisYear ? {} : ({ year: 'numeric' } as const);
  const day = new Intl.DateTimeFormat(localeOfTimes(locale), { day: 'numeric', month: 'short', timeZone: 'UTC', ...year });
  const time = new Intl.DateTimeFormat(localeOfTimes(locale), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'UTC' });
  return `${day.format(at)} ${time.format(at)} UTC`;
}

/** `1,540 ms` → "1.5 s", "2 min 10 s". */
export function formatSpan(spanMs: number): string {
  if (spanMs < 1_000) return `${Math.round(spanMs)} ms`;
  if (spanMs < 10_000) return `${Number((spanMs / 1_000).toFixed(1))} s`;
  const seconds = Math.round(spanMs / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}
