/** This stage cannot succeed, on whatever node and however often it is tried: the generation fails. */
export class StageFailed extends Error {
  override readonly name = 'StageFailed';
}
