import { JsonParser } from "./src/http/json-parser";
import { Redactor } from "./src/http/redact";
const R = new Redactor(["9d1f7c3e-52ab-4e86-b0c4-77e1fa60d2b3","abcdefghijklmnopqrstuvwxyz012345"]);
const job={id:"3fb0a7f6-4b5e-4d21-9a77-0b6d2f3a1c55",request_id:"G-3fb0a7f6",version:2,status:"processing",created_at:"2026-01-01T00:00:00Z",custom_metadata:{node_red_key:"3fb0a7f6-4b5e-4d21-9a77-0b6d2f3a1c55"},file:{id:"x",filename:"a.wav",source:null,audio_duration:3,number_of_channels:1},request_params:{audio_url:"https://api.gladia.io/file/3fb0a7f6-4b5e-4d21-9a77-0b6d2f3a1c55",diarization:true,callback_config:{url:"https://node-red.example.org/gladia/abc/abcdefghijklmnopqrstuvwxyz012345"},language_config:{languages:["en"]}},result:null,kind:"pre-recorded",post_session_metadata:{}};
const buf=Buffer.from(JSON.stringify(job));
for(let r=0;r<3;r++){let c=process.cpuUsage();for(let i=0;i<20000;i++){const p=new JsonParser(R);p.write(buf);p.end();}
let a=process.cpuUsage(c).user/20000;c=process.cpuUsage();for(let i=0;i<20000;i++){JSON.parse(buf.toString("latin1").replaceAll("abcdefghijklmnopqrstuvwxyz012345","***"))}
console.log("us per answer", buf.length,"bytes: new",a.toFixed(1),"old",(process.cpuUsage(c).user/20000).toFixed(1));}
const b2=Buffer.from(JSON.stringify({...job,request_params:{...job.request_params,callback_config:null}}));
for(let r=0;r<2;r++){let c=process.cpuUsage();for(let i=0;i<20000;i++){const p=new JsonParser(R);p.write(b2);p.end();} console.log("without callback", (process.cpuUsage(c).user/20000).toFixed(1));
c=process.cpuUsage();for(let i=0;i<20000;i++){const p=new JsonParser();p.write(b2);p.end();} console.log("no secrets", (process.cpuUsage(c).user/20000).toFixed(1));}
