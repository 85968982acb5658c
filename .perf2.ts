import { JsonParser } from "./src/http/json-parser";
import { Redactor } from "./src/http/redact";
const R = new Redactor(["9d1f7c3e-52ab-4e86-b0c4-77e1fa60d2b3","abcdefghijklmnopqrstuvwxyz012345"]);
let i=0;
const word=()=>'{"word":" wörd'+(i%1000)+'","start":'+(i/3).toFixed(2)+',"end":'+(i/3+.2).toFixed(2)+',"confidence":0.97}';
const mk=(esc:boolean)=>{let s='';for(let u=0;u<40;u++){s+=','+`{"text":"100 ${esc?'%':''} hello ${esc?'\\"you\\"':''} there","words":[`;for(let w=0;w<20;w++){s+=(w?',':'')+word();i++}s+=']}'}return Buffer.from(s)};
for (const [name, piece, begin, end] of [["words plain", mk(false), '[{}', ']'],["words escapes", mk(true), '[{}', ']'],["string", Buffer.from('w0rd % and so on '.repeat(4000)), '["', '"]'],["string all escapes", Buffer.from('\\u006b%25'.repeat(7000)), '["', '"]'],["braces", Buffer.from(',{}'.repeat(200)), '[{}', ']']] as const) {
  const p = new JsonParser(R); p.write(Buffer.from(begin)); let max=0, maxc=0, n=0; const c0=process.cpuUsage(); const t0=performance.now();
  for(let b=0;b<60e6;b+=piece.length){ const pc = name.startsWith("words")&&n===0?piece.subarray(0):piece; 
    let q=pc; 
    const t=performance.now(); const c=process.cpuUsage(); p.write(q); const d=performance.now()-t; const cc=process.cpuUsage(c); if(d>max)max=d; const cs=(cc.user+cc.system)/1000/ (q.length/65536); if(cs>maxc)maxc=cs; n++; }
  p.write(Buffer.from(end)); const te=performance.now(); p.end();
  console.log(name, "60MB: cpu s", ((process.cpuUsage(c0).user)/1e6).toFixed(2), "wall", ((performance.now()-t0)/1000).toFixed(2), "max write ms", max.toFixed(1), "end ms", (performance.now()-te).toFixed(1));
}
