/** What has to be ended, in the reverse order of its beginning; each is tried, whatever happens to the others. */
export interface Closers {
  add(close: () => void | Promise<void>): void;
  closeAll(): Promise<void>;
}

export function createClosers(onFault: (error: unknown) => void): Closers {
  const closers: (() => void | Promise<void>)[] = [];
  return {
    add(close) {
      closers.push(close);
    },
    async closeAll() {
      for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
        try {
          await close();
        } catch (error) {
          onFault(error);
        }
      }
    },
  };
}
