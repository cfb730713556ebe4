import { Refused } from '#apps/api/errors/refused';
import { GenerationMatch } from '#contracts/native/generations';

/** Stands for a filter as it was counted. Not a secret: whoever makes one up names a filter that they may name anyway. */
export function writeMatchToken(match: GenerationMatch): string {
  return Buffer.from(JSON.stringify(match)).toString('base64url');
}

/** @throws Refused */
export function readMatchToken(token: string): GenerationMatch {
  try {
    return GenerationMatch.parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
  } catch {
    throw new Refused('invalid_cursor', 'token is none that a preview has answered');
  }
}
