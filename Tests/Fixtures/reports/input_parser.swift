// A parser in Swift that knows its file by a native String, and its text by an array of bytes: it runs out of stack on
// the files of FOLDER.
import Foundation

final class Source {
  let name: String
  let text: [UInt8]
  init(name: String, text: [UInt8]) {
    self.name = name
    self.text = text
  }
}

@inline(never)
func value(_ source: Source, _ at: Int) -> Int {
  guard at < source.text.count, source.text[at] == 0x28 else { return source.name.utf8.count }
  return value(source, at + 1) &+ at
}

let folder = CommandLine.arguments[1]
for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
  let path = folder + "/" + name
  guard let data = FileManager.default.contents(atPath: path) else { exit(2) }
  print(value(Source(name: path, text: Array(data)), 0))
}
