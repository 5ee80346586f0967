import Foundation
import TestSupport
import Testing

/// `inquest guard`, with all of its parts, around programs that nobody made for it: they do what they do without.
///
/// Those that are not installed are left out; `make soak` runs Python's own tests besides.
@Suite("inquest guard: known programs") struct GuardKnownProgramsTests {
  /// Runs a script of bash in a folder of its own, without the guard and with it; `prepare` comes before either.
  ///
  /// - Parameter preparation: what is run before, in the same folder, without the guard.
  private func same(_ script: String, preparation: String = ":", timeout: Double = 300) throws {
    var outcomes: [Outcome] = []
    for guarding in [[], [CommandLine.executable, "guard", "--"]] {
      let folder = try temporaryDirectory()
      defer { remove(folder) }
      let prepared = try run(
        ["bash", "-euc", preparation], in: folder, environment: Self.environment, timeout: timeout)
      try #require(prepared.status == 0, "\(prepared.errors)")
      outcomes.append(
        try run(
          guarding + ["bash", "-euc", script], in: folder, environment: Self.environment, timeout: timeout))
    }
    #expect(outcomes[0].status == 0, "\(outcomes[0].output) \(outcomes[0].errors)")
    #expect(outcomes[1].status == outcomes[0].status && outcomes[1].signal == outcomes[0].signal)
    #expect(outcomes[1].output == outcomes[0].output)
    #expect(!outcomes[0].output.isEmpty)
    let own = outcomes[1].errors.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("inquest guard: ") }
    #expect(own == outcomes[0].errors.split(separator: "\n", omittingEmptySubsequences: false), "\(own)")
  }

  private static let environment = [
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z",
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
  ]

  @Test("bash, with its own setenv: functions, traps, jobs, here documents, exported functions")
  func bash() throws {
    try same(
      """
      say() { echo "said $1 $FIRST"; }
      export -f say; export FIRST=1
      bash -c 'say within; unset FIRST; say without'
      trap 'echo left' EXIT; trap 'echo got USR1' USR1
      kill -USR1 $$; (exit 3) || echo $?
      for i in 1 2 3; do (sleep 0.0$i; echo job $i >>jobs) & done; wait; sort jobs
      cat <<END | tr a-z A-Z
      home is ${HOME:+there} $(env -i A=b env)
      END
      ulimit -n 40; exec 9>file; echo written >&9; cat file; diff <(seq 9) <(seq 9) && echo same
      PATH=/usr/bin:/bin printenv PATH; time_zone=$(TZ=UTC0 date -d @0 +%c); echo "$time_zone"
      """)
  }

  @Test("git makes, packs and checks a repository, with threads", .enabled(if: Fixture.has("git")))
  func git() throws {
    try same(
      """
      git init -q -b main work; cd work
      for i in $(seq 300); do seq $i $((i + 200)) > file$i; done
      git add .; git commit -qm first; git mv file1 moved; git commit -qm second
      git -c pack.threads=4 -c pack.window=50 repack -adfq; git fsck --full --strict
      git grep --threads 4 -c 250 | head -3; git log --stat --oneline -1; git gc -q
      git clone -q . ../copy; git -C ../copy status --short; git rev-parse HEAD; git bundle create -q ../b main
      """)
  }

  @Test("node: workers, children, files and timers", .enabled(if: Fixture.has("node")))
  func node() throws {
    try same(
      """
      cat > main.js <<'END'
      const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
      const { execFileSync, spawn } = require('child_process');
      const fs = require('fs'), crypto = require('crypto'), zlib = require('zlib');
      if (!isMainThread) {
        process.env['WORKER' + workerData] = 'x'.repeat(100);
        parentPort.postMessage(Object.keys(process.env).filter(n => n.startsWith('WORKER')).length);
      } else (async () => {
        process.env.TZ = 'Europe/Berlin'; console.log(new Date(0).toString());
        process.env.TZ = 'Asia/Tokyo'; console.log(new Date(0).toString());
        console.log(await Promise.all([...Array(8).keys()].map(n => new Promise((done, fail) => {
          const worker = new Worker(__filename, { workerData: n });
          worker.on('message', done); worker.on('error', fail);
        }))));
        const keys = await Promise.all([...Array(40).keys()].map(n => new Promise(done =>
          crypto.pbkdf2('secret' + n, 'salt', 500, 32, 'sha256', (_, key) => done(key.toString('hex'))))));
        console.log(crypto.createHash('sha256').update(keys.join()).digest('hex'));
        console.log(execFileSync('sh', ['-c', 'echo $CHILD'], { env: { CHILD: 'own' } }).toString());
        for (let i = 0; i < 20; i++) { process.env['V' + i] = 'v'.repeat(i); if (i % 2) delete process.env['V' + i]; }
        console.log(execFileSync('sh', ['-c', 'env | grep ^V | sort']).toString());
        fs.writeFileSync('z', zlib.gzipSync('abc'.repeat(9999))); console.log(zlib.gunzipSync(fs.readFileSync('z')).length);
        try { (function f() { f(); })(); } catch (error) { console.log(error.message); }
        spawn('sh', ['-c', 'kill -TERM $$']).on('exit', (code, signal) => console.log(code, signal));
      })();
      END
      node main.js
      """)
  }

  @Test("a JVM: threads by the hundred, interrupts, stacks and nulls, a child", .enabled(if: Fixture.has("javac")))
  func java() throws {
    try same(
      "java -Xss512k Main; java -Xint Main",
      preparation: """
        cat > Main.java <<'END'
        import java.util.*; import java.util.concurrent.*;
        class Main {
          static int deep(int n) { return deep(n + 1) + 1; }
          public static void main(String[] a) throws Exception {
            ExecutorService pool = Executors.newFixedThreadPool(64);
            List<Future<Integer>> all = new ArrayList<>();
            for (int i = 0; i < 500; i++) { final int n = i; all.add(pool.submit(() -> {
              try { deep(0); } catch (StackOverflowError e) { return n; } return -1; })); }
            long sum = 0; for (Future<Integer> f : all) sum += f.get();
            System.out.println(sum); pool.shutdown();
            for (int i = 0; i < 200; i++) { Thread t = new Thread(() -> { try { Thread.sleep(100000); }
              catch (InterruptedException e) { } }); t.start(); t.interrupt(); t.join(); }
            try { String s = null; System.out.println(s.length()); } catch (NullPointerException e) { System.out.println("null"); }
            Process p = new ProcessBuilder("sh", "-c", "echo child; exit 7").redirectErrorStream(true).start();
            System.out.println(new String(p.getInputStream().readAllBytes()).trim() + p.waitFor());
            System.gc();
          }
        }
        END
        javac Main.java
        """)
  }

  @Test("rustc and cargo build a crate and run its tests", .enabled(if: Fixture.has("cargo") && Fixture.has("rustc")))
  func rust() throws {
    try same(
      """
      cargo test --offline -q -- --test-threads 8 2>log | grep -E 'running|test result' | sed 's/finished.*//' || { cat log; exit 1; }
      cargo run --offline -q --release 2>/dev/null
      rustc --print cfg | sort | head -5; rustc -O -o alone src/main.rs; ./alone 2>/dev/null
      """,
      preparation: """
        mkdir src; printf '[package]\\nname = "one"\\nversion = "0.1.0"\\nedition = "2021"\\n' > Cargo.toml
        cat > src/main.rs <<'END'
        fn main() {
            let threads: Vec<_> = (0..32).map(|n| std::thread::spawn(move || {
                std::env::set_var(format!("N{n}"), "x"); std::env::vars().count() > 0 })).collect();
            println!("{}", threads.into_iter().filter(|t| t.is_finished() || true).map(|t| t.join().unwrap()).all(|b| b));
            println!("{:?}", std::panic::catch_unwind(|| panic!("wanted")).is_err());
        }
        #[cfg(test)] mod tests {
            #[test] fn well() { assert_eq!(std::env::var("HOME").is_ok(), true) }
            #[test] #[should_panic] fn panics() { let v: Vec<u8> = vec![]; let _ = v[v.len()]; }
            #[test] fn threads() { for _ in 0..50 { std::thread::spawn(|| ()).join().unwrap(); } }
        }
        END
        """)
  }

  /// It refuses to run as root.
  @Test("PostgreSQL's initdb makes a cluster, and its server answers", .enabled(if: Fixture.has("initdb")))
  func postgres() throws {
    let unprivileged = getuid() == 0 ? "setpriv --reuid 65534 --regid 65534 --clear-groups" : ""
    try same(
      """
      as() { \(unprivileged) env PGTZ=UTC LC_ALL=C "$@"; }
      as initdb -D "$PWD/cluster" -A trust -U owner --no-sync | grep -v "$PWD"
      as postgres --single -D "$PWD/cluster" postgres <<'END' 2>/dev/null | grep -E '^\\s+[0-9]+: .* = '
      create table numbers as select generate_series(1, 1000) as number;
      select sum(number), count(*) from numbers;
      END
      """, preparation: "chmod 777 .")
  }

  @Test("nginx serves files from two processes and leaves when it is asked", .enabled(if: Fixture.has("nginx")))
  func nginx() throws {
    try same(
      """
      mkdir html logs; seq 100000 > html/numbers; chmod -R a+rX .
      cat > conf <<END
      worker_processes 2; pid $PWD/pid; error_log $PWD/logs/error; daemon off;
      events { worker_connections 64; }
      http { access_log off; client_body_temp_path $PWD/t1; proxy_temp_path $PWD/t2; fastcgi_temp_path $PWD/t3;
        uwsgi_temp_path $PWD/t4; scgi_temp_path $PWD/t5;
        server { listen unix:$PWD/socket; root $PWD/html; } }
      END
      nginx -p "$PWD" -c "$PWD/conf" 2>/dev/null & server=$!
      for i in $(seq 100); do [ -S socket ] && break; sleep 0.1; done
      python3 - <<'END'
      import hashlib, socket, concurrent.futures
      def fetch(_):
        s = socket.socket(socket.AF_UNIX); s.connect("socket")
        s.sendall(b"GET /numbers HTTP/1.0\\r\\n\\r\\n")
        data = b""
        while part := s.recv(65536): data += part
        return hashlib.sha256(data.split(b"\\r\\n\\r\\n", 1)[1]).hexdigest()
      with concurrent.futures.ThreadPoolExecutor(16) as pool: print(set(pool.map(fetch, range(200))))
      END
      kill -HUP $server; sleep 0.3; kill -QUIT $server; wait $server; echo "left with $?"; cat logs/error | grep -c emerg || true
      """)
  }
}
