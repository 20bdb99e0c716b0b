// Drives the DingTalk simulator with the platform's official Node client, unmodified. The client has the
// platform's hosts built in and sends its requests with axios, so that an interceptor of axios leads them
// to the simulator. Usage: node drive.mjs http://127.0.0.1:PORT, with the credentials in the environment.
import assert from 'node:assert/strict'
import axios from 'axios'
import { DWClient, EventAck, TOPIC_CARD, TOPIC_ROBOT } from 'dingtalk-stream'

const base = process.argv[2]
const clientId = process.env.CLIENT_ID
const clientSecret = process.env.CLIENT_SECRET
const robotCode = process.env.ROBOT_CODE
const cardTemplateId = process.env.CARD_TEMPLATE_ID
const group = process.env.GROUP

axios.interceptors.request.use((request) => {
  request.url = request.url.replace(/^https:\/\/o?api\.dingtalk\.com/, base)
  return request
})

/** sim does something as a person, or looks, by the simulator's control interface. */
async function sim(path, body) {
  const method = body === undefined ? 'get' : 'post'
  const { data } = await axios({ method, url: `${base}/_sim/dingtalk/${path}`, data: body })
  return data
}

/** until waits for a condition, five seconds at most. */
async function until(what, condition) {
  const end = Date.now() + 5000
  for (;;) {
    const value = await condition()
    if (value) return value
    if (Date.now() > end) assert.fail(`not within 5 s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** journal returns the entries after a sequence number, waiting for the first. */
const journal = (kind, id, after = 0) => sim(`journal?kind=${kind}&id=${encodeURIComponent(id)}&after=${after}&wait=5s`).then((j) => j.entries)

const bubbles = async (user, chat) => {
  const screen = await sim(`view?user=${user}`)
  return (chat ? screen.chats.find((c) => c.id === chat) : screen.chats[0]).bubbles
}

const heard = [] // data of bot messages, as the client got them
const taps = []
const events = []
let acknowledge = true
let eventAnswers = []
let cardAnswer

const client = new DWClient({ clientId, clientSecret, debug: false })
client.registerCallbackListener(TOPIC_ROBOT, (frame) => {
  heard.push({ frame, data: JSON.parse(frame.data) })
  if (acknowledge) client.socketCallBackResponse(frame.headers.messageId, null)
})
client.registerCallbackListener(TOPIC_CARD, (frame) => {
  taps.push(JSON.parse(frame.data))
  if (cardAnswer) client.socketCallBackResponse(frame.headers.messageId, cardAnswer)
})
client.registerAllEventListener((frame) => {
  events.push(frame)
  return { status: eventAnswers.shift() ?? EventAck.SUCCESS }
})

/** message sends as a person and returns what the client heard of it. */
async function message(path, body) {
  const sent = await sim(path, body)
  assert.ok(sent.pushed, 'the message was not pushed')
  const got = await until(`message ${sent.msgId}`, () => heard.find((h) => h.data.msgId === sent.msgId))
  return { ...got, sent }
}

const token = () => client.config.access_token
const call = (method, path, data) => axios({ method, url: `https://api.dingtalk.com${path}`, data, headers: { 'x-acs-dingtalk-access-token': token() } }).then((r) => r.data)

const checks = {
  async 'connects and stays, answering pings'() {
    await client.connect()
    assert.ok(client.connected)
    const [id] = (await sim('state')).connections
    await new Promise((resolve) => setTimeout(resolve, 2800)) // several times the silence that the gateway bears
    assert.deepEqual((await sim('state')).connections, [id])
  },

  async 'hears a text and answers by session webhook'() {
    const { frame, data, sent } = await message('say', { user: 'lilei', text: '云帆推进到报价' })
    assert.equal(frame.specVersion, '1.0')
    for (const [name, value] of Object.entries(frame.headers)) assert.equal(typeof value, 'string', `header ${name}`)
    assert.equal(frame.headers.topic, TOPIC_ROBOT)
    assert.equal(data.text.content, '云帆推进到报价')
    assert.equal(data.senderStaffId, 'lilei')
    assert.equal(data.robotCode, robotCode)
    const [ack] = await journal('ack', sent.msgId)
    assert.equal(ack.ack.code, 200)
    const { data: answer } = await axios.post(data.sessionWebhook, { msgtype: 'markdown', markdown: { title: '商机', text: '**云帆** 38万 [撤销](dtmd://dingtalkclient/sendMessage?content=%E6%92%A4%E9%94%80%207F3K)' } })
    assert.equal(answer.errcode, 0)
    const shown = (await bubbles('lilei')).at(-1)
    assert.equal(shown.from, 'robot')
    assert.equal(shown.links[0].sends, '撤销 7F3K')
    const seen = heard.length
    await sim('dtmd', { user: 'lilei', messageId: shown.id, link: '撤销' })
    await until('the text of the dtmd link', () => heard.slice(seen).find((h) => h.data.text?.content === '撤销 7F3K'))
  },

  async 'hears a group message with the robot mentioned, and a quote'() {
    const { data } = await message('say', { user: 'lilei', group, text: '@跟单 转给@韩梅梅', at: ['robot', 'hanmeimei'] })
    assert.equal(data.conversationType, '2')
    assert.equal(data.text.content, ' 转给')
    assert.deepEqual(data.atUsers.map((u) => u.staffId), [undefined, 'hanmeimei'])
    const silent = await sim('say', { user: 'lilei', group, text: '大家好' })
    assert.equal(silent.pushed, false)
    const quote = await message('say', { user: 'lilei', group, text: '这个改成38万', at: ['robot'], quote: silent.msgId })
    assert.equal(quote.data.text.repliedMsg.content.text, '大家好')
    assert.equal(quote.data.originalMsgId, silent.msgId)
  },

  async 'hears rich text, voice, a forwarded log'() {
    const rich = await message('send', { user: 'lilei', msgtype: 'richText', content: { richText: [{ text: '看下 ' }, { type: 'picture', downloadCode: 'x' }, { text: '\n' }] } })
    assert.equal(rich.data.content.richText[0].text, '看下 ')
    const voice = await message('send', { user: 'lilei', msgtype: 'audio', content: { recognition: '明天下午三点提醒我' } })
    assert.equal(voice.data.content.recognition, '明天下午三点提醒我')
    const log = await message('send', { user: 'lilei', msgtype: 'chatRecord', content: { summary: '["王总:多少钱"]', chatRecord: '[{"senderId":"a","msgType":"text","content":"多少钱"}]' } })
    assert.equal(JSON.parse(log.data.content.chatRecord)[0].content, '多少钱')
  },

  async 'hears a file and fetches it'() {
    const { data } = await message('send', { user: 'lilei', msgtype: 'file', fileName: '报价.xlsx', dataBase64: Buffer.from('38').toString('base64') })
    assert.equal(data.content.fileName, '报价.xlsx')
    await client.getAccessToken()
    const { downloadUrl } = await call('post', '/v1.0/robot/messageFiles/download', { downloadCode: data.content.downloadCode, robotCode })
    assert.equal((await axios.get(downloadUrl, { responseType: 'text', transformResponse: (x) => x })).data, '38')
  },

  async 'pushes to a person and to a group'() {
    const sent = await call('post', '/v1.0/robot/oToMessages/batchSend', { robotCode, userIds: ['hanmeimei', 'nobody'], msgKey: 'sampleText', msgParam: JSON.stringify({ content: '该打电话了' }) })
    assert.deepEqual(sent.invalidStaffIdList, ['nobody'])
    assert.equal((await bubbles('hanmeimei')).at(-1).text, '该打电话了')
    await call('post', '/v1.0/robot/groupMessages/send', { robotCode, openConversationId: group, msgKey: 'sampleMarkdown', msgParam: JSON.stringify({ title: '战报', text: '# 战报' }) })
    assert.equal((await bubbles('hanmeimei', group)).at(-1).title, '战报')
  },

  async 'makes a card, is tapped, answers, updates'() {
    const made = await call('post', '/v1.0/card/instances/createAndDeliver', {
      cardTemplateId, outTrackId: 'deal-1', callbackType: 'STREAM', userIdType: 1,
      cardData: { cardParamMap: { title: '云帆', status: '待确认', buttons: JSON.stringify([{ id: 'ok', text: '确认', params: { v: '3' } }]) } },
      openSpaceId: `dtv1.card//IM_GROUP.${group}`, imGroupOpenDeliverModel: { robotCode },
    })
    assert.ok(made.result.deliverResults[0].success)
    cardAnswer = { cardUpdateOptions: { updateCardDataByKey: true }, cardData: { cardParamMap: { status: '处理中' } } }
    const tap = await sim('tap', { user: 'hanmeimei', outTrackId: 'deal-1', actionId: 'ok' })
    assert.ok(tap.answered)
    assert.equal(taps[0].userId, 'hanmeimei')
    assert.deepEqual(JSON.parse(taps[0].content).cardPrivateData, { actionIds: ['ok'], params: { v: '3' } })
    const status = async (user) => (await sim(`cards/deal-1?user=${user}`)).card.data.status
    assert.deepEqual([await status('hanmeimei'), await status('lilei')], ['处理中', '待确认'])
    await call('put', '/v1.0/card/instances', { outTrackId: 'deal-1', cardData: { cardParamMap: { status: '已确认', buttons: '[]' } }, cardUpdateOptions: { updateCardDataByKey: true } })
    assert.deepEqual([await status('hanmeimei'), await status('lilei')], ['已确认', '已确认'])
    await assert.rejects(sim('tap', { user: 'hanmeimei', outTrackId: 'deal-1', actionId: 'ok' }), 'the button is gone')
    cardAnswer = undefined
    const late = await sim('tap', { user: 'lilei', outTrackId: 'deal-1', actionId: 'ok', stale: true })
    assert.equal(late.answered, false)
  },

  async 'takes an event, again after LATER'() {
    eventAnswers = [EventAck.LATER]
    const { eventId } = await sim('event', { eventType: 'user_leave_org', data: { userId: ['wangqiang'] } })
    await until('the event twice', () => events.length >= 2)
    assert.deepEqual(events.slice(0, 2).map((e) => e.headers.eventId), [eventId, eventId])
    assert.deepEqual(JSON.parse(events[1].data).userId, ['wangqiang'])
  },

  async 'gets an unacknowledged message again'() {
    acknowledge = false
    const { data } = await message('say', { user: 'lilei', text: '没收到?' })
    acknowledge = true
    await until('the message again', () => heard.filter((h) => h.data.msgId === data.msgId).length >= 2)
  },

  async 'reconnects after disconnect and after a broken line'() {
    for (const cut of [false, true]) {
      const [before] = (await sim('state')).connections
      await sim('disconnect', { cut })
      await until('another connection', async () => (await sim('state')).connections.some((id) => id !== before))
      const { data } = await message('say', { user: 'lilei', text: `回来了 ${cut}` })
      assert.equal(data.text.content, `回来了 ${cut}`)
    }
  },

  async 'is refused with a wrong secret and with a used ticket'() {
    const wrong = new DWClient({ clientId, clientSecret: 'wrong', autoReconnect: false })
    await assert.rejects(wrong.getEndpoint(), (e) => e.response.status === 401 && e.response.data.code === 'authFailed')
    const again = new DWClient({ clientId, clientSecret })
    again.config.autoReconnect = false
    await again.getEndpoint()
    await again._connect()
    again.disconnect()
    await assert.rejects(again._connect(), /401/)
  },
}

console.info = console.warn = () => {} // the client's own chatter
for (const [name, check] of Object.entries(checks)) {
  await check()
  console.log(`ok ${name}`)
}
client.disconnect()
