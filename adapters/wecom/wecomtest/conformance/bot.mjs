// A bot on the official SDK. It answers what people say by what they say, and tells its own life on
// stdout, a JSON object a line, to the Go test that started it.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import sdk from '@wecom/aibot-node-sdk';

const { WSClient, generateReqId } = sdk;
const tell = (event, detail = {}) => process.stdout.write(JSON.stringify({ event, ...detail }) + '\n');
const words = (e) => (e instanceof Error ? e.message : JSON.stringify(e));
const silent = { debug() {}, info() {}, warn() {}, error() {} };

const bot = new WSClient({
  botId: process.env.BOT_ID,
  secret: process.env.BOT_SECRET,
  wsUrl: process.env.WS_URL,
  heartbeatInterval: 100,
  reconnectInterval: 50,
  maxAuthFailureAttempts: 1,
  logger: silent,
});

for (const name of ['connected', 'authenticated', 'reconnecting', 'disconnected']) {
  bot.on(name, (detail) => tell(name, { detail: String(detail ?? '') }));
}
bot.on('error', (e) => tell('error', { code: e.code ?? '', detail: e.message }));
bot.on('event.disconnected_event', () => tell('kicked'));

const card = (task) => ({
  card_type: 'button_interaction',
  main_title: { title: '云帆科技', desc: '方案报价' },
  horizontal_content_list: [{ keyname: '金额', value: '¥380,000' }],
  button_list: [{ text: '撤销', style: 2, key: 'undo:42' }, { text: '看看', style: 1, key: 'view:42' }],
  task_id: task,
});

const answers = {
  async stream(frame) {
    const id = generateReqId('stream');
    await bot.replyStream(frame, id, '<think>翻一翻</think>正在记录…', false, undefined, { id: 'fb-1' });
    await bot.replyStream(frame, id, '正在记录…好了一半', false);
    await bot.replyStream(frame, id, '已记录跟进', true);
  },
  async flood(frame) {
    const id = generateReqId('stream');
    const frames = Array.from({ length: 20 }, (_, i) => bot.replyStreamNonBlocking(frame, id, `第 ${i} 帧`, false));
    const done = await Promise.all([...frames, bot.replyStreamNonBlocking(frame, id, '完', true)]);
    tell('flood', { skipped: done.filter((d) => d === 'skipped').length });
  },
  card: (frame) => bot.replyTemplateCard(frame, card('t-card'), { id: 'fb-2' }),
  both: (frame) => bot.replyStreamWithCard(frame, generateReqId('stream'), '已记录', true, { templateCard: card('t-both') }),
  push: (frame) => bot.sendMessage(frame.body.from.userid, { msgtype: 'markdown', markdown: { content: '**该打电话了**' } }),
  async upload(frame) {
    const film = Buffer.alloc(1_300_000, 'x'); // three chunks, which the SDK sends side by side
    const { media_id } = await bot.uploadMedia(film, { type: 'file', filename: '报价单.txt' });
    await bot.replyMedia(frame, 'file', media_id);
    await bot.sendMediaMessage(frame.body.from.userid, 'file', media_id);
  },
  async refused(frame) {
    const tries = {
      text: () => bot.reply(frame, { msgtype: 'text', text: { content: '好的' } }),
      unknown: () => bot.sendMessage('nobody', { msgtype: 'markdown', markdown: { content: '在吗' } }),
      silent: () => bot.sendMessage('hanmeimei', { msgtype: 'markdown', markdown: { content: '在吗' } }),
      media: () => bot.replyMedia(frame, 'image', 'nosuchmedia'),
    };
    const codes = {};
    for (const [name, run] of Object.entries(tries)) {
      codes[name] = await run().then(() => 0, (e) => e.errcode ?? words(e));
    }
    tell('refused', { codes });
  },
};

bot.on('message.text', async (frame) => {
  const said = frame.body.text.content.replace(/^@\S+\s+/, '');
  const quoted = frame.body.quote?.[frame.body.quote.msgtype]?.content;
  try {
    if (answers[said]) await answers[said](frame);
    else await bot.replyStream(frame, generateReqId('stream'), `你说：${said}` + (quoted ? `（回复：${quoted}）` : ''), true);
  } catch (e) {
    tell('failed', { detail: `${said}: ${words(e)}` });
  }
});

const fetched = async (file) => {
  const { buffer, filename } = await bot.downloadFile(file.url, file.aeskey);
  return `${filename} ${buffer.length} ${createHash('md5').update(buffer).digest('hex')}`;
};

for (const kind of ['image', 'file', 'video']) {
  bot.on(`message.${kind}`, async (frame) => {
    try {
      await bot.replyStream(frame, generateReqId('stream'), `${kind}: ${await fetched(frame.body[kind])}`, true);
    } catch (e) {
      tell('failed', { detail: `${kind}: ${words(e)}` });
    }
  });
}

bot.on('message.mixed', async (frame) => {
  const parts = [];
  for (const item of frame.body.mixed.msg_item) {
    parts.push(item.msgtype === 'text' ? item.text.content : await fetched(item.image));
  }
  await bot.replyStream(frame, generateReqId('stream'), `mixed: ${parts.join(' | ')}`, true);
});

bot.on('message.voice', (frame) => bot.replyStream(frame, generateReqId('stream'), `voice: ${frame.body.voice.content}`, true));

bot.on('event.enter_chat', (frame) => bot.replyWelcome(frame, { msgtype: 'text', text: { content: '你好，我是跟单' } }));

bot.on('event.template_card_event', async (frame) => {
  const tap = frame.body.event.template_card_event;
  const update = () => bot.updateTemplateCard(frame, {
    card_type: 'text_notice',
    main_title: { title: '已撤销' },
    card_action: { type: 1, url: 'https://crm.example.com/a/42' },
    task_id: tap.task_id,
  });
  try {
    if (tap.event_key.startsWith('view')) await sleep(Number(process.env.LATE_MS));
    await update();
  } catch (e) {
    tell('late', { code: e.errcode ?? words(e) });
  }
});

process.stdin.on('end', () => process.exit(0)).resume(); // the test ended
bot.connect();
