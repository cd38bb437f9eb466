// Azurite as a child: it ends when its parent does, since standard input then ends.
process.stdin.on('end', () => process.exit(0)).resume();

const azurite = require('path').join(process.argv[2], 'node_modules/azurite/dist/src/');

// Every ten minutes it collects what was deleted, and answers nobody meanwhile: after some tens of thousands of blobs for minutes, longer than
// a test waits. Never, then (the longest that a timer takes): all that tests leave goes with the process.
const blobs = require(azurite + 'blob/utils/constants.js');
if (!(blobs.DEFAULT_GC_INTERVAL_MS > 0)) {
  throw new Error('This version of Azurite says elsewhere how often it collects');
}
blobs.DEFAULT_GC_INTERVAL_MS = 2 ** 31 - 1;

require(azurite + 'azurite.js');
