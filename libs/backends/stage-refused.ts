/** The order itself is wrong for this backend: another attempt would end the same way. */
export class StageRefused extends Error {
  override readonly name = 'StageRefused';
}
