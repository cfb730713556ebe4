const MAX_HOPS = 20;

/** As much of a browser as a sign-in takes: cookies, redirects, and forms that are filled and sent. */
export class FormBrowser {
  private readonly cookies = new Map<string, Map<string, string>>();

  /** @param fields what is typed into a form that asks for it */
  constructor(private readonly fields: Readonly<Record<string, string>>) {}

  /** Walks from page to page until one of `origin` is reached that leads no further. @returns where that is */
  async walk(from: string, origin: string): Promise<URL> {
    let next: { url: URL; form?: URLSearchParams } = { url: new URL(from) };
    for (let hops = 0; hops < MAX_HOPS; hops += 1) {
      const answer = await this.ask(next.url, next.form);
      const location = answer.headers.get('location');
      if (location) {
        next = { url: new URL(location, next.url) };
        continue;
      }
      if (next.url.origin === origin) return next.url;
      next = this.filled(await answer.text(), next.url);
    }
    throw new Error(`the sign-in leads nowhere: ${next.url.href}`);
  }

  async ask(url: URL, form?: URLSearchParams, init: RequestInit = {}): Promise<Response> {
    const jar = this.cookies.get(url.origin) ?? new Map<string, string>();
    this.cookies.set(url.origin, jar);
    const headers = { accept: 'text/html,*/*', ...(init.headers as object), cookie: [...jar].map((pair) => pair.join('=')).join('; ') };
    const answer = await fetch(url, { ...init, ...(form && { method: 'POST', body: form }), headers, redirect: 'manual' });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (name) jar.set(name, value ?? '');
    }
    return answer;
  }

  private filled(html: string, at: URL): { url: URL; form: URLSearchParams } {
    const [, action] = /<form[^>]*\saction="([^"]+)"/i.exec(html) ?? [];
    if (!action) throw new Error(`no form at ${at.href}: ${html.slice(0, 300)}`);
    const form = new URLSearchParams();
    for (const [input] of html.matchAll(/<input[^>]*>/gi)) {
      const name = attributeOf(input, 'name');
      if (name) form.set(name, this.fields[name] ?? attributeOf(input, 'value') ?? '');
    }
    return { url: new URL(unescaped(action), at), form };
  }
}

function attributeOf(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(tag)?.[1];
  return value === undefined ? undefined : unescaped(value);
}

function unescaped(text: string): string {
  return text
    .replaceAll(/&#x([0-9a-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
