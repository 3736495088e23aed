export default {
  test: {
    globalSetup: './simulator.mjs',
    fileParallelism: false, // one Polar for all files
    testTimeout: 60_000,
  },
}
