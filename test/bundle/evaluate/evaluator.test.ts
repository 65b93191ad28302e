import { describe, expect, it } from "vitest";
import { Evaluator } from "../../../src/bundle/evaluate/evaluator.ts";
import type { Part, Value } from "../../../src/bundle/evaluate/values.ts";
import { Program } from "../../../src/bundle/modules/program.ts";
import { isCall, type Node } from "../../../src/bundle/modules/syntax.ts";
import { bundleOf } from "../in-memory.ts";

function partText(part: Part): string {
  if (part.kind === "text") return part.text;
  if (part.kind === "query") return `?${[...part.query.fields.keys()].join("&")}`;
  return part.encoded ? "{encoded}" : part.number ? "{number}" : "{}";
}

function show(value: Value): string {
  if (value.kind === "text") return value.parts.map(partText).join("");
  if (value.kind === "literal") return String(value.value);
  if (value.kind === "global") return `global ${value.path}`;
  return value.kind === "unknown" ? `unknown${value.type ? ` ${value.type}` : ""}` : value.kind;
}

/** What the argument of `probe(…)` evaluates to, without any caller known. */
function probe(texts: string | Record<string, string>): string[] {
  const files = typeof texts === "string" ? { "a.js": texts } : texts;
  const program = new Program(bundleOf(files));
  const [name] = program.unbound("probe");
  const call = name === undefined ? undefined : program.parentOf(name);
  if (!isCall(call)) return ["no probe"];
  const evaluator = new Evaluator(program);
  const values = evaluator.evaluate(call.arguments[0] as Node, evaluator.bareRoot);
  return values.map(show).toSorted((a, b) => (a < b ? -1 : 1));
}

describe("the evaluator", () => {
  it.each<[string, string, string[]]>([
    ["a template without holes", "probe(`/a`)", ["/a"]],
    ["a constant", "const a='/a';probe(a+'/b')", ["/a/b"]],
    ["a hole", "probe(`/a/${x.y()}/b`)", ["/a/{}/b"]],
    ["an encoded hole", "probe('/a/'+encodeURIComponent(x()))", ["/a/{encoded}"]],
    ["a number", "probe(`/a/${Number(x())}`)", ["/a/{number}"]],
    ["a ternary", "probe(x()?'/a':'/b')", ["/a", "/b"]],
    ["a decided ternary", "const d=!1;probe(d?'/a':'/b')", ["/b"]],
    ["a default by ??", "const o={};probe(o.base??'/b')", ["/b"]],
    ["an unset ||", "probe(undefined||'/b')", ["/b"]],
    ["a member of a constant table", "const t={a:'/a',b:{c:'/c'}};probe(t.b.c)", ["/c"]],
    ["any member of a table", "const t={a:'/a',b:'/b'};probe(t[x()])", ["/a", "/b"]],
    ["a spread object", "const a={u:'/a',v:1};const b={...a,u:'/b'};probe(b.u)", ["/b"]],
    ["a later spread wins", "const a={u:'/a'};const b={u:'/b',...a};probe(b.u)", ["/a"]],
    ["an unknown spread", "const b={u:'/b',...x()};probe(b.u)", ["/b", "unknown"]],
    ["Object.assign", "const b=Object.assign({u:'/a'},{u:'/b'});probe(b.u)", ["/b"]],
    ["a member set later", "const o={};o.u='/a';probe(o.u)", ["/a"]],
    ["a member maybe set later", "const o={u:'/a'};if(x())o.u='/b';probe(o.u)", ["/a", "/b"]],
    ["reassignment", "let u='/a';u='/b';probe(u)", ["/b"]],
    ["a branch", "let u='/a';if(x())u='/b';probe(u)", ["/a", "/b"]],
    ["both branches", "let u;if(x())u='/a';else u='/b';probe(u)", ["/a", "/b"]],
    ["appending", "let u='/a';u+='?b=1';probe(u)", ["/a?b=1"]],
    ["a write after the read", "let u='/a';probe(u);u='/b'", ["/a"]],
    ["a write in a loop around", "let u='/a';for(;;){probe(u);u='/b'}", ["/a", "/b"]],
    ["a function", "const f=(a,b='/b')=>a+b;probe(f('/a'))", ["/a/b"]],
    ["a function in a function", "const g=a=>'/g'+a,f=a=>g(a);probe(f('/a'))", ["/g/a"]],
    [
      "an early return",
      "function f(p){if(p.startsWith('/'))return'/x'+p;return p}probe(f('/a'))",
      ["/x/a"],
    ],
    ["a closure", "const m=b=>({get:p=>b+p});probe(m('/api').get('/a'))", ["/api/a"]],
    ["destructured parameters", "const f=({u:a,v='/v'})=>a+v;probe(f({u:'/u'}))", ["/u/v"]],
    ["rest parameters", "const f=(...a)=>a.join('/');probe(f('a','b'))", ["a/b"]],
    ["a spread argument", "const f=(a,b)=>a+b;const l=['/a','/b'];probe(f(...l))", ["/a/b"]],
    [
      "a class",
      "class A{constructor(b){this.b=b}u(p){return this.b+p}}probe(new A('/a').u('/b'))",
      ["/a/b"],
    ],
    [
      "a subclass",
      "class A{constructor(b){this.b=b}}class B extends A{p=this.b+'/p'}probe(new B('/a').p)",
      ["/a/p"],
    ],
    [
      "an arrow in a field",
      "class A{constructor(b){this.b=b}u=p=>this.b+p}probe(new A('/a').u('/b'))",
      ["/a/b"],
    ],
    [
      "a declared field that the constructor sets",
      "class A{b;k='/k';constructor(o){this.b=o.b,this.k='/l'}u(){return this.b+this.k}}probe(new A({b:'/b'}).u())",
      ["/b/l"],
    ],
    [
      "a field as compilers lower it",
      "var d=(o,k,v)=>k in o?Object.defineProperty(o,k,{value:v}):o[k]=v,p=(o,k,v)=>d(o,k+'',v);class A{constructor(){p(this,'b','/b')}}probe(new A().b)",
      ["/b"],
    ],
    ["a text with what is not set yet", "let a;function f(){a='/a'}probe(a+'/b')", ["/a/b"]],
    [
      "a member that a subclass sets",
      "class A{u(){return this.p()+this.k}}class B extends A{k='/k';p(){return'/p'}}probe(new B().u())",
      ["/p/k"],
    ],
    [
      "a static member that a subclass sets",
      "class A{static u(){return this.k}}class B extends A{static k='/k'}probe(B.u())",
      ["/k"],
    ],
    [
      "an inherited getter",
      "class A{get u(){return this.k+'/u'}}class B extends A{k='/k'}class C extends A{k='/c'}probe(new B().u+new C().u)",
      ["/k/u/c/u"],
    ],
    ["a getter", "const o={b:'/b',get u(){return this.b+'/u'}};probe(o.u)", ["/b/u"]],
    [
      "a constructor function",
      "function A(b){this.b=b}A.prototype.u=function(p){return this.b+p};probe(new A('/a').u('/b'))",
      ["/a/b"],
    ],
    [
      "a class as compilers lower it",
      "var A=function(){function A(b){this.b=b}return c(A,[{key:'u',value:function(p){return this.b+p}}]),A}();function c(e,t){for(var i=0;i<t.length;i++)Object.defineProperty(e.prototype,t[i].key,t[i])}probe(new A('/a').u('/b'))",
      ["/a/b"],
    ],
    [
      "an inherited prototype",
      "function A(){}A.prototype.u=function(){return '/u'};function B(){}B.prototype=Object.create(A.prototype);probe(new B().u())",
      ["/u"],
    ],
    [
      "a default read from arguments",
      "function f(){var m=arguments.length>0&&void 0!==arguments[0]?arguments[0]:'/d';return m}probe(x()?f():f('/a'))",
      ["/a", "/d"],
    ],
    [
      "a helper that merges objects",
      "function m(e){for(var t=1;t<arguments.length;t++){var n=arguments[t];for(var k in n)e[k]=n[k]}return e}probe(m({},{u:'/a'},{v:1}).u)",
      ["/a"],
    ],
    ["the argument of a function called in place", "!function(e){probe(e)}('/a')", ["/a"]],
    ["concat", "probe('/a'.concat(x(),'/b'))", ["/a{}/b"]],
    ["replace", "probe('/a/{id}'.replace('{id}',encodeURIComponent(x())))", ["/a/{encoded}"]],
    ["placeholders", "probe('/a/{id}'.replace(/\\{(\\w+)\\}/g,(m,k)=>x()[k]))", ["/a/{}"]],
    [
      "encoded placeholders",
      "probe('/a/:id'.replace(/:(\\w+)/g,(m,k)=>encodeURIComponent(x()[k])))",
      ["/a/{encoded}"],
    ],
    ["slashes taken from an end", "probe('/a//'.replace(/\\/+$/,'')+'/b')", ["/a/b"]],
    ["runs of slashes", "probe(['','/a/','b'].join('/').replace(/\\/+/g,'/'))", ["/a/b"]],
    ["another scheme", "probe('https://a.example/b'.replace(/^http/,'ws'))", ["wss://a.example/b"]],
    ["a prefix taken away", "probe('/api/a'.replace(/^\\/api/,''))", ["/a"]],
    ["a replacement that is not understood", "probe('/a'.replace(/[b-z]/g,''))", ["unknown"]],
    ["a test of a scheme", "const u='/a';probe(/^https?:\\/\\//i.test(u)?u:'/b'+u)", ["/b/a"]],
    ["a test that is not understood", "probe(/[b-z]/.test('/a')?'/a':'/b')", ["/a", "/b"]],
    ["a slice", "const u='/a/';probe(u.endsWith('/')?u.slice(0,-1):u)", ["/a"]],
    ["a character", "const u='a';probe(u[0]==='/'?u:'/'+u)", ["/a"]],
    ["a query that is there", "probe(`/a?b=${x()}`.includes('?')?'&':'?')", ["&"]],
    ["no query in a segment", "probe(`/a/${x()}`.includes('?')?'&':'?')", ["?"]],
    ["a query that may be there", "probe(`/a${x()}`.includes('?')?'&':'?')", ["&", "?"]],
    ["a spread list", "const a=['b','c'];probe(['/a',...a].join('/'))", ["/a/b/c"]],
    ["an unknown spread list", "probe(['/a',...x()].join('/'))", ["unknown"]],
    ["a filtered list", "probe(['/a',null,'b'].filter(Boolean).join('/'))", ["/a/b"]],
    ["a mapped list", "probe(['a',x()].map(encodeURIComponent).join('/'))", ["a/{encoded}"]],
    [
      "a list that is pushed to",
      "const l=['/a'];l.push('b');if(x())l.push('c');probe(l.join('/'))",
      ["/a/b", "/a/b/c"],
    ],
    [
      "a list that a loop fills",
      "const l=['/a'];for(const k of x())l.push(k);probe(l.join('/'))",
      ["unknown"],
    ],
    [
      "pairs that a loop fills",
      "const l=[];for(const k of x())l.push(k);probe('/a?'+l.join('&'))",
      ["/a??"],
    ],
    ["a piece of a text", "probe('/a?b=c'.split('?')[0])", ["/a"]],
    [
      "a ref",
      "function f(o){const r=R.useRef(o);r.current=o;return r.current.u}probe(f({u:'/a'}))",
      ["/a"],
    ],
    ["a ref that is filled later", "const r=R.useRef(null);probe(r.current)", ["unknown"]],
    ["state that nobody sets", "const[a]=R.useState(()=>'/a');probe(a)", ["/a"]],
    ["state that changes", "const[a,b]=R.useState('/a');probe(a)", ["unknown"]],
    [
      "URLSearchParams",
      "const q=new URLSearchParams({a:1});q.set('b',x());probe(`/a?${q}`)",
      ["/a??a&b"],
    ],
    [
      "URL",
      "probe(new URL('/a','https://api.acme.example').toString())",
      ["https://api.acme.example/a"],
    ],
    ["a global", "probe(window.CONFIG.url)", ["global CONFIG.url"]],
    ["await and sequence", "probe((0,await Promise.resolve('/a')))", ["/a"]],
    ["a loop over literals", "for(const u of['/a','/b'])probe(u)", ["/a", "/b"]],
    ["a parameter", "function f(a){probe(a)}", ["param"]],
    ["a value that is itself", "let a='x';function f(){a=a+f()}probe(a)", ["x", "x{}"]],
    [
      "an object that spreads itself",
      "let a={};for(;;){a={...a,u:'/a'};probe(a.u)}",
      ["/a", "undefined"],
    ],
    ["more values than the cap", `probe([${"0,".repeat(20)}].length?x():'')`, ["", "unknown"]],
  ])("knows %s", (_what, code, expected) => {
    expect(probe(code)).toEqual(expected);
  });

  it("gives one unknown value past the cap of a set", () => {
    const table = Array.from({ length: 16 }, (_, at) => `k${at}:'/${at}'`).join(",");
    expect(probe(`const t={${table}};probe(t[x()])`)).toHaveLength(16);
    expect(probe(`const t={${table}};probe(y()?t[x()]:'/z')`)).toEqual(["unknown"]);
  });

  it("survives chains and nestings that would overflow the stack", () => {
    const long = Array.from({ length: 1000 }, (_, at) => `'${at}'`).join("+");
    expect(probe(`probe(${long})`)).toHaveLength(1);
    const nested = `${"f(".repeat(400)}1${")".repeat(400)}`;
    expect(probe(`const f=a=>[a];probe(${nested})`)).toHaveLength(1);
  });

  it.each<[string, Record<string, string>]>([
    [
      "a named import",
      { "a.js": `import{b as c}from"./b.js";probe(c+"/x")`, "b.js": `const a="/b";export{a as b}` },
    ],
    [
      "a default import",
      { "a.js": `import c from"./b.js";probe(c+"/x")`, "b.js": `export default"/b"` },
    ],
    [
      "a declared export",
      { "a.js": `import{b}from"./b.js";probe(b+"/x")`, "b.js": `export const{b}={b:"/b"}` },
    ],
    [
      "a namespace",
      { "a.js": `import*as n from"./b.js";probe(n.b+"/x")`, "b.js": `export const b="/b"` },
    ],
    [
      "a re-export",
      {
        "a.js": `import{d}from"./c.js";probe(d+"/x")`,
        "b.js": `export const b="/b"`,
        "c.js": `export{b as d}from"./b.js"`,
      },
    ],
    [
      "export *",
      {
        "a.js": `import{b}from"./c.js";probe(b+"/x")`,
        "b.js": `export const b="/b"`,
        "c.js": `export*from"./b.js"`,
      },
    ],
    [
      "an imported export",
      {
        "a.js": `import{e}from"./c.js";probe(e+"/x")`,
        "b.js": `export const b="/b"`,
        "c.js": `import{b}from"./b.js";export{b as e}`,
      },
    ],
    [
      "import()",
      { "a.js": `const n=await import("./b.js");probe(n.b+"/x")`, "b.js": `export const b="/b"` },
    ],
    [
      "import().then",
      {
        "a.js": `import("./b.js").then(n=>n.b).then(b=>b);const f=async()=>(await import("./b.js")).b;probe((await f())+"/x")`,
        "b.js": `export const b="/b"`,
      },
    ],
    [
      "a folder",
      { "x/a.js": `import{b}from"../y/b.js";probe(b+"/x")`, "y/b.js": `export const b="/b"` },
    ],
    [
      "a rooted path below a base",
      { "x/a.js": `import{b}from"/console/y/b.js";probe(b+"/x")`, "y/b.js": `export const b="/b"` },
    ],
  ])("follows %s between chunks", (_what, texts) => {
    expect(probe(texts)).toEqual(["/b/x"]);
  });

  it("ends on imports that go in a circle, and on chunks that are missing", () => {
    expect(
      probe({ "a.js": `import{b}from"./b.js";probe(b)`, "b.js": `export{b}from"./a.js"` }),
    ).toEqual(["unknown"]);
    expect(probe(`import{b}from"./gone.js";probe(b)`)).toEqual(["unknown"]);
  });
});
