/// Which files programs read, by the ends of their names.
///
/// This only orders what was found: a program that is not in the table is judged by what else speaks for a file.
enum FileKinds {
  /// Names of programs, without versions, and the extensions of what they are given to work on.
  private static let readers: [(programs: Set<String>, extensions: Set<String>)] = [
    (["rustc", "rustdoc", "rustfmt", "clippy", "rust", "cargo", "miri"], ["rs", "toml"]),
    (
      [
        "clang", "clang++", "clangd", "gcc", "g++", "cc", "c++", "ccplus", "cc1plus", "cc1obj", "tcc", "cpp", "icx",
        "nvcc", "cppcheck",
      ],
      ["c", "cc", "cpp", "cxx", "c++", "h", "hh", "hpp", "hxx", "i", "ii", "m", "mm", "cu", "inc", "ipp", "tcc"]
    ),
    (["python", "pypy", "ipython", "pylint", "mypy"], ["py", "pyw", "pyx", "pyi", "json", "ipynb"]),
    (
      ["node", "nodejs", "deno", "bun", "tsc", "qjs", "d8", "js"],
      ["js", "mjs", "cjs", "ts", "mts", "tsx", "jsx", "json"]
    ),
    (["ruby", "irb", "jruby"], ["rb", "erb"]), (["perl"], ["pl", "pm", "t"]),
    (["php"], ["php", "phtml"]), (["lua", "luajit", "texlua"], ["lua"]),
    (["swift", "swiftc", "sil", "sourcekit"], ["swift", "swiftinterface"]),
    (["java", "javac", "kotlinc"], ["java", "class", "jar", "kt"]),
    (["sqlite", "sqldiff"], ["sql", "db", "sqlite", "sqlite3"]),
    (["psql", "mysql", "mariadb", "duckdb"], ["sql", "csv"]),
    (["go", "compile", "gofmt", "vet", "gopls"], ["go"]), (["ghc", "runghc"], ["hs", "lhs"]),
    (["ocaml", "ocamlc", "ocamlopt"], ["ml", "mli"]), (["zig"], ["zig"]), (["nim"], ["nim"]), (["julia"], ["jl"]),
    (
      ["xmllint", "xsltproc", "xmlstarlet", "tidy"],
      ["xml", "xsl", "xslt", "html", "xhtml", "svg", "xsd", "rng", "dtd"]
    ),
    (["jq", "jsonlint"], ["json", "jq", "ndjson"]), (["yq"], ["yaml", "yml"]),
    (["bash", "sh", "dash", "zsh", "ksh", "fish"], ["sh", "bash", "zsh"]), (["awk", "gawk", "mawk"], ["awk"]),
    (["as"], ["s", "asm"]), (["nasm", "yasm"], ["asm", "s", "inc"]),
    (["ld", "lld", "gold", "mold"], ["o", "a", "so", "ld"]),
    (["llc", "opt", "lli"], ["ll", "bc"]), (["make", "gmake", "ninja"], ["mk", "ninja"]),
    (["cmake"], ["cmake", "txt"]),
    (["tex", "pdftex", "xetex", "luatex", "latex", "pdflatex"], ["tex", "sty", "cls", "bib"]),
    (["gs", "mutool", "pdftotext", "pdftoppm", "qpdf"], ["ps", "pdf", "eps"]),
    (
      ["convert", "magick", "gm", "identify", "mogrify"],
      ["png", "jpg", "jpeg", "gif", "webp", "tif", "tiff", "svg", "bmp"]
    ),
    (["ffmpeg", "ffprobe", "mpv", "sox"], ["mp4", "mkv", "webm", "mp3", "wav", "flac", "ogg", "avi", "mov"]),
    (["emacs", "guile", "sbcl", "racket", "clisp"], ["el", "scm", "lisp", "rkt"]), (["r", "rscript"], ["r", "rds"]),
    (["protoc"], ["proto"]), (["bison", "yacc"], ["y", "yy"]), (["flex", "lex"], ["l", "ll"]),
    (["dot", "neato"], ["dot", "gv"]),
    (["pandoc", "cmark", "markdown"], ["md", "markdown", "rst", "html"]), (["m4"], ["m4"]), (["dtc"], ["dts", "dtsi"]),
  ]

  /// Extensions of data that any program may read.
  private static let data: Set<String> = [
    "txt", "csv", "tsv", "xml", "json", "yaml", "yml", "toml", "ini", "cfg", "conf", "dat", "data", "bin", "in",
    "input", "log",
    "md", "html", "htm", "css", "zip", "gz", "xz", "zst", "bz2", "tar", "tgz", "7z", "pcap", "wasm", "elf", "core",
    "dump", "img",
    "iso", "doc", "docx", "xls", "xlsx", "odt", "parquet", "avro", "npy", "hdf5", "sav", "bmp", "ttf", "otf", "eml",
    "mbox",
    "patch", "diff", "test", "spec", "map", "geojson", "osm", "stl", "obj", "wat", "tmpl", "tpl", "graphql", "plist",
  ]

  private static let all: Set<String> = readers.reduce(into: data) { $0.formUnion($1.extensions) }

  /// Extensions that only source code has: a constant path with one of them names where the program itself was made.
  static let sources: Set<String> = [
    "c", "cc", "cpp", "cxx", "h", "hh", "hpp", "hxx", "rs", "swift", "go", "m", "mm", "s", "zig", "f90", "inc", "ipp",
    "tcc", "d",
  ]

  /// Extensions of what programs write on the way, and of settings.
  private static let made: Set<String> = [
    "o", "tmp", "swp", "d", "bak", "pyc", "log", "conf", "cfg", "ini", "pid", "lock",
  ]

  /// Whether files that end so are mostly read because others name them: what is done to them is seldom done by itself.
  static func isIncluded(_ fileExtension: String) -> Bool {
    ["h", "hh", "hpp", "hxx", "inc", "ipp", "tcc", "pm", "sty", "cls", "dtd"].contains(fileExtension)
  }

  /// Whether files that end so are mostly written, or say how to work, and not what on.
  static func isMade(_ fileExtension: String) -> Bool { made.contains(fileExtension) }

  /// Whether files are known that end so.
  static func isKnown(_ fileExtension: String) -> Bool { all.contains(fileExtension) }

  /// The extensions of what the program with this name reads; empty where that is not known.
  ///
  /// - Parameter program: the name of an executable: "clang++-14", "python3.11", "aarch64-linux-gnu-gcc-12".
  static func read(by program: String) -> Set<String> {
    let whole = program.lowercased()
    var names: Set<String> = [whole]
    for part in whole.split(whereSeparator: { $0 == "-" || $0 == "." || $0 == "_" }) {
      names.insert(String(part))
      names.insert(String(part.reversed().drop(while: \.isNumber).reversed()))
    }
    return readers.reduce(into: []) { if !$1.programs.isDisjoint(with: names) { $0.formUnion($1.extensions) } }
  }

  /// Whether the program with this name runs a script that it is given.
  static func isInterpreter(_ program: String) -> Bool {
    let name = program.lowercased()
    return interpreters.contains { name.hasPrefix($0) }
  }

  private static let interpreters = [
    "python", "pypy", "node", "deno", "bun", "ruby", "perl", "php", "lua", "qjs", "julia", "guile", "rscript",
  ]
}
