// Azurite as a child: it ends when its parent does, since standard input then ends.
process.stdin.on('end', () => process.exit(0)).resume();
require(require('path').join(process.argv[2], 'node_modules/azurite/dist/src/azurite.js'));
