console.log('console.log', 1, 'ä');
console.error('console.error 2');
process.stdout.write('process.stdout.write 3\n');
require('fs').writeSync(2, 'writeSync 4\n');
console.warn({warn: 5});
console.log('long ' + 'x'.repeat(9000));
function inner() { throw new Error('stack 6'); }
inner();
