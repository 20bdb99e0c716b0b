// The official crypto package as a service: a JSON request a line on stdin, a JSON answer a line on stdout.
import { createInterface } from 'node:readline';
import { decrypt, encrypt, getSignature } from '@wecom/crypto';
import sdk from '@wecom/aibot-node-sdk';

const does = {
  sign: (q) => ({ signature: getSignature(q.token, q.timestamp, q.nonce, q.sealed) }),
  open: (q) => {
    const { message, id } = decrypt(q.key, q.sealed);
    return { message, id, signature: getSignature(q.token, q.timestamp, q.nonce, q.sealed) };
  },
  seal: (q) => {
    const sealed = encrypt(q.key, q.message, q.id);
    return { sealed, signature: getSignature(q.token, q.timestamp, q.nonce, sealed) };
  },
  bot: (q) => { // the SDK's own second implementation
    const crypto = new sdk.WecomCrypto(q.token, q.key, q.id);
    const { encrypt: sealed, signature } = crypto.encrypt(q.message, q.timestamp, q.nonce);
    return { sealed, signature, message: crypto.decrypt(q.sealed), ok: crypto.verifySignature(q.signature, q.timestamp, q.nonce, q.sealed) };
  },
  file: (q) => ({ data: sdk.decryptFile(Buffer.from(q.data, 'base64'), q.key).toString('base64') }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const q = JSON.parse(line);
  let answer;
  try {
    answer = does[q.op](q);
  } catch (e) {
    answer = { error: e.message };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
