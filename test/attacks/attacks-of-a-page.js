// What a hostile app tries. Served as the app's own script, also to its workers: each attack runs from a timer of the page,
// as an app's code does. An attack that throws, or whose promise rejects, was stopped; it says by what.
/* eslint-disable */
const inWorker = typeof document === "undefined";

if (inWorker) {
  const attack = (port, url) => {
    fetch(url).then(
      () => port.postMessage("through"),
      () => port.postMessage("stopped"),
    );
  };
  self.onmessage = ({ data }) => attack(self, data);
  self.onconnect = ({ ports: [port] }) => {
    port.onmessage = ({ data }) => attack(port, data);
  };
} else {
  const element = (name, properties, parent = document.body) => {
    const made = Object.assign(document.createElement(name), properties);
    parent.append(made);
    return made;
  };
  const loaded = (made) =>
    new Promise((done, failed) => {
      made.onload = done;
      made.onerror = failed;
    });
  const styled = (css) => element("style", { textContent: css });
  const form = (url, more) => {
    const made = element("form", { method: "post", ...more });
    made.innerHTML = '<input name="a" value="secret"><button>go</button>';
    return made;
  };
  const frame = async (properties) => {
    const made = element("iframe", {});
    const ready = loaded(made);
    Object.assign(made, properties);
    if (properties.src !== undefined || properties.srcdoc !== undefined) await ready;
    return made.contentWindow;
  };
  const answered = (target) => new Promise((done) => (target.onmessage = ({ data }) => done(data)));

  const attacks = {
    "an alias of fetch": (url) => {
      const f = fetch;
      return f(url);
    },
    "a name put together": (url) => window["fe" + "tch"](url),
    "a key of the global object": (url) => {
      const key = Object.getOwnPropertyNames(globalThis).find((name) => /^fet/.test(name));
      return globalThis[key](url);
    },
    XMLHttpRequest: (url) =>
      new Promise((done, failed) => {
        const request = new XMLHttpRequest();
        request.onload = done;
        request.onerror = failed;
        request.open("POST", url);
        request.send("secret");
      }),
    "Reflect.apply": (url) => Reflect.apply(fetch, undefined, [url]),
    "fetch.call": (url) => fetch.call(window, url),
    "fetch.bind": (url) => fetch.bind(window)(url),
    "a Proxy of fetch": (url) => new Proxy(fetch, {})(url),
    "fetch of an empty frame": async (url) => (await frame({})).fetch(url),
    "fetch of about:blank": async (url) => (await frame({ src: "about:blank" })).fetch(url),
    "a script of srcdoc": (url) =>
      frame({ srcdoc: `<script>fetch(${JSON.stringify(url)})</` + "script>" }),
    "a frame of elsewhere": async (url) => {
      await frame({ src: url });
      throw new Error("a frame loads, whatever it shows");
    },
    "a worker from a blob": (url) =>
      new Promise((done, failed) => {
        const text = `fetch(${JSON.stringify(url)})`;
        const worker = new Worker(URL.createObjectURL(new Blob([text])));
        worker.onmessage = done;
        worker.onerror = failed;
      }),
    "a worker from data": (url) =>
      new Promise((done, failed) => {
        const worker = new Worker(`data:text/javascript,fetch(${JSON.stringify(url)})`);
        worker.onmessage = done;
        worker.onerror = failed;
      }),
    "a worker of its own": async (url) => {
      const worker = new Worker("/assets/app.js");
      worker.postMessage(url);
      if ((await answered(worker)) === "stopped") throw new Error("stopped");
    },
    "a shared worker of its own": async (url) => {
      const { port } = new SharedWorker("/assets/app.js");
      port.postMessage(url);
      if ((await answered(port)) === "stopped") throw new Error("stopped");
    },
    "a service worker": () => navigator.serviceWorker.register("/assets/app.js"),
    eval: (url) => (0, eval)(`fetch(${JSON.stringify(url)})`),
    "a Function": (url) => new Function("url", "return fetch(url)")(url),
    "a text for a timer": (url) => {
      setTimeout(`fetch(${JSON.stringify(url)})`, 0);
      throw new Error("a timer takes it without a word");
    },
    WebAssembly: () => WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
    "import()": (url) => import(`${url}/x.js`),
    "a script of elsewhere": (url) => loaded(element("script", { src: `${url}/x.js` })),
    "a module of elsewhere": (url) =>
      loaded(element("script", { type: "module", src: `${url}/x.js` })),
    "an inline script": (url) => {
      element("script", { textContent: `fetch(${JSON.stringify(url)})` });
      throw new Error("not run");
    },
    "an inline handler": (url) => {
      const made = element("button", {});
      made.setAttribute("onclick", `fetch(${JSON.stringify(url)})`);
      made.click();
      throw new Error("not run");
    },
    "an address of javascript": (url) => {
      element("a", { href: `javascript:fetch(${JSON.stringify(url)})` }).click();
      throw new Error("not run");
    },
    "an import map": (url) => {
      element("script", {
        type: "importmap",
        textContent: JSON.stringify({ imports: { x: `${url}/x.js` } }),
      });
      return import("x");
    },
    "a socket": (url) =>
      new Promise((done, failed) => {
        const socket = new WebSocket(url.replace("http", "ws"));
        socket.onopen = done;
        socket.onerror = failed;
      }),
    "a socket to its own host": () =>
      new Promise((done, failed) => {
        const socket = new WebSocket(`${location.origin.replace("http", "ws")}/socket`);
        socket.onopen = done;
        socket.onerror = failed;
      }),
    "an event stream": (url) =>
      new Promise((done, failed) => {
        const stream = new EventSource(url);
        stream.onopen = done;
        stream.onerror = failed;
      }),
    WebTransport: async (url) => {
      await new WebTransport(url.replace("http:", "https:")).ready;
    },
    "a form": (url) => {
      form(url, { action: url }).submit();
      throw new Error("not sent");
    },
    requestSubmit: (url) => {
      form(url, { action: url }).requestSubmit();
      throw new Error("not sent");
    },
    formaction: (url) => {
      const made = form(url, { action: "/" });
      made.querySelector("button").setAttribute("formaction", url);
      made.querySelector("button").click();
      throw new Error("not sent");
    },
    sendBeacon: (url) => {
      navigator.sendBeacon(url, "secret");
      throw new Error("a beacon has no answer");
    },
    "fetch with keepalive": (url) =>
      fetch(url, { method: "POST", body: "secret", keepalive: true }),
    "a ping": (url) => {
      element("a", { href: "#here", ping: url }).click();
      throw new Error("a ping has no answer");
    },
    "an image": (url) => loaded(Object.assign(new Image(), { src: `${url}/?secret` })),
    "a picture of a style": (url) => {
      styled(`body{background:url("${url}/a.png")}`);
      throw new Error("a style has no answer");
    },
    "a style of a style": (url) => {
      styled(`@import url("${url}/a.css")`);
      throw new Error("a style has no answer");
    },
    "a style sheet": (url) => loaded(element("link", { rel: "stylesheet", href: `${url}/a.css` })),
    "a font": async (url) => {
      const [font] = await Promise.all([new FontFace("x", `url("${url}/a.woff2")`).load()]);
      return font;
    },
    "a video": (url) => loaded(element("video", { src: `${url}/a.mp4`, preload: "auto" })),
    "a preloaded file": (url) =>
      loaded(element("link", { rel: "preload", as: "image", href: `${url}/a.png` })),
    "a preloaded module": (url) =>
      loaded(element("link", { rel: "modulepreload", href: `${url}/a.js` })),
    "a prefetched page": (url) => loaded(element("link", { rel: "prefetch", href: `${url}/a` })),
    "an object": (url) => {
      element("object", { data: `${url}/a.svg` });
      throw new Error("an object says nothing");
    },
    "an embedded page": (url) => {
      element("embed", { src: `${url}/a.svg` });
      throw new Error("an embed has no answer");
    },
    "a manifest": (url) => {
      element("link", { rel: "manifest", href: `${url}/a.json` }, document.head);
      throw new Error("a manifest has no answer");
    },
    "an image that writes": (_url, path) => loaded(Object.assign(new Image(), { src: path })),
    "a base of elsewhere": (url) => {
      element("base", { href: `${url}/` }, document.head);
      return loaded(Object.assign(new Image(), { src: "beside.png" }));
    },
  };

  /** From a timer, so that nothing that runs scripts from outside lends its rights. Gives "through", or what stopped it. */
  globalThis.attack = (name, url, path) =>
    new Promise((done) => {
      setTimeout(async () => {
        try {
          await attacks[name](url, path);
          done("through");
        } catch (error) {
          done(String(error?.message ?? error?.type ?? error));
        }
      }, 0);
    });
}
