/** `host:port` of the test run's Temporal. */
export function testTemporalAddress(): string {
  const address = process.env.HALOGEN_TEST_TEMPORAL_ADDRESS;
  if (!address) throw new Error('HALOGEN_TEST_TEMPORAL_ADDRESS is not set: run the tests by `npm test`, which starts the servers');
  return address;
}
