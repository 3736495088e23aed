export default {
  test: {
    globalSetup: './polar-sync.mjs',
    fileParallelism: false, // one Polar for all files
    testTimeout: 120_000, // more than the minute that bridge.ended() waits
  },
}
