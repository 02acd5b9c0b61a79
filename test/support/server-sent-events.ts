// Server-sent events as a client takes them apart, strictly: what the server does not mean to say is an error.

export interface Sent {
  comment?: string;
  retry?: number;
  id?: number;
  event?: string;
  data?: any;
}

/** The messages in a stream, as they come. */
export async function* messagesIn(chunks: AsyncIterable<string>): AsyncGenerator<Sent> {
  let waiting = '';
  for await (const chunk of chunks) {
    waiting += chunk;
    const blocks = waiting.split('\n\n');
    waiting = blocks.pop()!;
    for (const block of blocks) yield messageOf(block);
  }
  if (waiting !== '') throw new Error(`Cut off: ${waiting.slice(0, 200)}`);
}

function messageOf(block: string): Sent {
  const sent: Sent = {};
  for (const line of block.split('\n')) {
    const [, name, value] = /^(|retry|id|event|data): (.+)$/s.exec(line) ?? [];
    const field = (name === '' ? 'comment' : name) as keyof Sent | undefined;
    if (field === undefined || field in sent) throw new Error(`Not a message: ${block.slice(0, 200)}`);
    if (field === 'comment' || field === 'event') sent[field] = value!;
    else sent[field] = JSON.parse(value!);
  }
  return sent;
}
