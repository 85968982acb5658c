import { createServer } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Worker, isMainThread } from "node:worker_threads";
import { GladiaClient } from "./src/client";
import { Transport } from "./src/http/transport";
const KIND = process.argv[2]; const MBS = Number(process.argv[3]);
async function main() {
  const { spawn } = await import("node:child_process");
  const src = `
const {createServer}=require('http');
const kind=${JSON.stringify(KIND)}, mbs=${MBS};
const word=i=>'{"word":" wörd'+(i%1000)+'","start":'+(i/3).toFixed(2)+',"end":'+(i/3+.2).toFixed(2)+',"confidence":0.97}';
createServer((q,r)=>{r.writeHead(200,{'content-type':'application/json'});
 r.write('{"id":"x","status":"done","result":{"transcription":{"full_transcript":"');
 let left=mbs*1048576; let i=0, phase=kind==='string'?0:1;
 const piece=()=>{ if(kind==='string') return 'w0rd % and so on '.repeat(4000);
  let s=''; for(let u=0;u<40;u++){ s+=(i?',':'')+'{"text":"100 % hello \\\\"you\\\\" there","start":1,"end":2,"words":['; for(let w=0;w<20;w++) s+=(w?',':'')+word(i++); s+=']}'; } return s;};
 if(kind!=='string') r.write('hi","utterances":[');
 const end=()=>r.end(kind==='string'?'","utterances":[]}}}':']}}}');
 const go=()=>{ while(left>0){const p=piece(); left-=Buffer.byteLength(p); if(!r.write(p)) return r.once('drain',go);} end(); };
 go();
}).listen(0,'127.0.0.1',function(){console.log(this.address().port)});`;
  const child = spawn(process.execPath, ["-e", src], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<string>((ok) => child.stdout.once("data", (d) => ok(String(d).trim())));
  const transport = new Transport();
  const options = { apiUrl: `http://127.0.0.1:${port}`, apiKey: "9d1f7c3e-52ab-4e86-b0c4-77e1fa60d2b3", timeout: 60, retries: 0, product: "x/1", transport, secrets: ["abcdefghijklmnopqrstuvwxyz012345"] } as any;
  const client = new GladiaClient(options);
  await client.check().catch(() => {}); await new Promise((r) => setTimeout(r, 300));
  const delay = monitorEventLoopDelay({ resolution: 1 }); delay.enable();
  const t = performance.now();
  try { const job: any = await client.get("x"); console.log(KIND, MBS, "MB ok", job.result.transcription.utterances.length, job.result.transcription.full_transcript.length); } catch (e: any) { console.log("ERR", e.code, e.message.slice(0, 100)); }
  delay.disable();
  console.log("ms", (performance.now() - t).toFixed(0), "max delay ms", (delay.max / 1e6).toFixed(1), "p99.9", (delay.percentile(99.9)/1e6).toFixed(1), "rss", (process.memoryUsage().rss / 1e6).toFixed(0), "cpu", (process.cpuUsage().user / 1e6).toFixed(1));
  child.kill(); await transport.close();
}
main();
