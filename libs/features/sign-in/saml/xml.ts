import { createRequire } from 'node:module';

/** The part of the DOM that is used here. The parser's own types would declare a browser's globals for the whole server. */
export interface XmlElement {
  readonly nodeType: number;
  readonly namespaceURI: string | null;
  readonly localName: string;
  readonly parentNode: unknown;
  readonly childNodes: ArrayLike<XmlElement>;
  readonly textContent: string;
  readonly attributes: ArrayLike<{ name: string; value: string }>;
  hasAttribute(name: string): boolean;
  getAttribute(name: string): string;
  getElementsByTagName(name: '*'): ArrayLike<XmlElement>;
}

interface Parser {
  parseFromString(text: string, type: string): { documentElement: XmlElement | null } | undefined;
}

// The very parser that checks the signature: two that read the same bytes differently are how signatures are stepped around.
const { DOMParser } = createRequire(import.meta.url)('@xmldom/xmldom') as {
  DOMParser: new (options: { errorHandler: (level: string, message: string) => void }) => Parser;
};

const ELEMENT = 1;
const TEXT = 3;

export class MalformedXml extends Error {
  override readonly name = 'MalformedXml';
}

/** Whether a text would declare a document type, looked for before anything parses it. */
export function declaresDoctype(text: string): boolean {
  return /<!(DOCTYPE|ENTITY)/i.test(text);
}

/** The root of a document that is well-formed without any doubt. @throws MalformedXml */
export function parseXml(text: string): XmlElement {
  if (declaresDoctype(text)) throw new MalformedXml('a document type is declared');
  const refuse = (_level: string, message: string) => {
    throw new MalformedXml(message);
  };
  let root: XmlElement | null | undefined;
  try {
    root = new DOMParser({ errorHandler: refuse }).parseFromString(text, 'text/xml')?.documentElement;
  } catch (error) {
    throw new MalformedXml(error instanceof Error ? error.message : String(error));
  }
  if (!root) throw new MalformedXml('there is no root');
  return root;
}

/** The root and every element below it. */
export function allElements(root: XmlElement): XmlElement[] {
  return [root, ...Array.from(root.getElementsByTagName('*'))];
}

export function childrenOf(element: XmlElement, namespace: string, name: string): XmlElement[] {
  return Array.from(element.childNodes).filter((child) => isNamed(child, namespace, name));
}

export function isNamed(element: XmlElement, namespace: string, name: string): boolean {
  return element.nodeType === ELEMENT && element.namespaceURI === namespace && element.localName === name;
}

export function attributeOf(element: XmlElement | undefined, name: string): string | undefined {
  return element?.hasAttribute(name) ? element.getAttribute(name) : undefined;
}

/** Undefined for what has anything but text inside: a comment in an address must not shorten it. */
export function textOf(element: XmlElement | undefined): string | undefined {
  if (!element || Array.from(element.childNodes).some(({ nodeType }) => nodeType !== TEXT)) return undefined;
  return element.textContent;
}
