// Sends the message on standard input; exits with 0 when every recipient gets it.
// send.js FOLDER-OF-NODE_MODULES HOST PORT Plain|StartTls HELO FROM TO...
const { buffer } = require('node:stream/consumers');
const [folder, host, port, security, name, from, ...to] = process.argv.slice(2);
const nodemailer = require(require.resolve('nodemailer', { paths: [folder] }));

const transport = nodemailer.createTransport({
  host,
  port: Number(port),
  name,
  secure: false,
  ignoreTLS: security === 'Plain',
  requireTLS: security === 'StartTls',
  tls: { rejectUnauthorized: false },
});

buffer(process.stdin)
  .then((raw) => transport.sendMail({ envelope: { from, to, use8BitMime: true }, raw }))
  .then((sent) => {
    console.log(sent.response, sent.rejectedErrors ?? '');
    process.exitCode = sent.rejected.length > 0 ? 1 : 0;
  })
  .catch((error) => {
    console.log(error);
    process.exitCode = 1;
  });
