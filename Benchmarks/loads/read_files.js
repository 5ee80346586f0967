// Reads 200 files by libuv's pool (UV_THREADPOOL_SIZE=64 asks for 64 threads).
const fs = require("fs");
const path = require("path");
const folder = "/usr/include";
const files = fs.readdirSync(folder).map((name) => path.join(folder, name))
  .filter((name) => fs.statSync(name).isFile()).slice(0, 200);
let left = files.length;
if (left === 0) process.exit(1);
for (const file of files)
  fs.readFile(file, (error) => { if (error) process.exit(1); left -= 1; });
process.on("exit", () => { if (left !== 0) process.exitCode = 1; });
