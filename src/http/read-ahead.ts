/** The same, read on by one ahead: what comes next is made ready while the last one is worked on. */
export async function* readAhead<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const items = source[Symbol.asyncIterator]();
  const ahead = () => {
    const next = items.next();
    // What is wrong with it is told when its turn comes, or never.
    next.catch(() => {});
    return next;
  };
  try {
    for (let next = ahead(); ;) {
      const { value, done } = await next;
      if (done) return;
      next = ahead();
      yield value;
    }
  } finally {
    // Not waited for: it may itself be waiting for what a client never sends.
    void items.return?.();
  }
}
