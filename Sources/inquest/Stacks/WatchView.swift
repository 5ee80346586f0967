import ArgumentParser
import CLinux
import ModuleFiles
import Processes
import Reporting

/// Looks at processes again and again. In a terminal the last look takes the place of the one before; elsewhere each is
/// printed behind the one before.
struct WatchView {
  private let command: StacksCommand
  private let interval: Interval

  init(_ command: StacksCommand, every interval: Interval) {
    self.command = command
    self.interval = interval
  }

  func run() throws {
    let processes = try ProcessChoice.processes(command.processes, command.names)
    var finders: [Int32: FileFinder] = [:]
    for process in processes { finders[process] = ProcessFiles.finder(of: process, command.files.searchPaths) }
    let isScreen =
      inquest_is_terminal(1) == 1 && inquest_is_terminal(0) == 1 && command.shape.format != .json
    guard isScreen, inquest_enter_screen() == 0 else { return try print(processes, finders) }
    defer { inquest_leave_screen() }
    try show(processes, finders)
  }

  /// What is printed of one look; an error ends the view.
  private func look(_ processes: [Int32], _ finders: [Int32: FileFinder], _ options: TextOptions) throws -> [UInt8] {
    var text: [UInt8] = []
    let output = ByteOutput { text += $0 }
    for process in processes {
      let session = try LiveSession(process, command.files, finder: finders[process])
      try command.write(session.report(command.options), to: output, options)
    }
    output.flush()
    return text
  }

  private func print(_ processes: [Int32], _ finders: [Int32: FileFinder]) throws {
    while true {
      let text = try look(
        processes, finders,
        StandardStreams.textOptions(isFull: command.full, showsAllStacks: command.showsAll))
      let output = StandardStreams.output()
      output.append(bytes: text)
      output.flush()
      inquest_pause(UInt64(interval.milliseconds) * 1000)
    }
  }

  // MARK: The screen

  private func show(_ processes: [Int32], _ finders: [Int32: FileFinder]) throws {
    var top = 0
    var lines: [ArraySlice<UInt8>] = []
    var due = inquest_milliseconds()
    while true {
      if inquest_milliseconds() >= due {
        let text: [UInt8]
        do {
          text = try look(
            processes, finders, StandardStreams.textOptions(isFull: command.full, showsAllStacks: command.showsAll))
        } catch {
          // Why it ended is said below the user's own screen.
          inquest_leave_screen()
          throw error
        }
        lines = text.split(separator: 0x0a, omittingEmptySubsequences: false)
        due = inquest_milliseconds() + Int64(interval.milliseconds)
      }
      top = draw(lines, from: top)
      let key = inquest_key(max(1, due - inquest_milliseconds()))
      switch key {
      case Int64(UInt8(ascii: "q")), Int64(UInt8(ascii: "Q")), 3, -32: return
      case Int64(UInt8(ascii: "j")), 0x42: top += 1
      case Int64(UInt8(ascii: "k")), 0x41: top -= 1
      case Int64(UInt8(ascii: " ")), Int64(UInt8(ascii: "f")): top += 20
      case Int64(UInt8(ascii: "b")): top -= 20
      case Int64(UInt8(ascii: "g")): top = 0
      case Int64(UInt8(ascii: "G")): top = lines.count
      default: break
      }
    }
  }

  /// Draws what fits.
  ///
  /// - Returns: the first line that is shown.
  private func draw(_ lines: [ArraySlice<UInt8>], from wanted: Int) -> Int {
    var columns: Int32 = 0
    var rows: Int32 = 0
    unsafe inquest_terminal_size(&columns, &rows)
    let height = max(2, Int(rows) - 1)
    let top = max(0, min(wanted, lines.count - height))
    var screen: [UInt8] = Array("\u{1b}[H".utf8)
    for index in 0..<height {
      if top + index < lines.count { screen += lines[top + index] }
      screen += Array("\u{1b}[0m\u{1b}[K\r\n".utf8)
    }
    let left = max(0, lines.count - top - height)
    let state = "every \(Self.text(interval))   q ends, j and k scroll" + (left > 0 ? "   \(left) lines more" : "")
    screen += Array("\u{1b}[7m\(state.prefix(max(1, Int(columns))))\u{1b}[0m\u{1b}[K".utf8)
    _ = unsafe screen.withUnsafeBytes { unsafe inquest_write(1, $0.baseAddress, UInt64($0.count)) }
    return top
  }

  private static func text(_ interval: Interval) -> String {
    interval.milliseconds % 1000 == 0 ? "\(interval.milliseconds / 1000) s" : "\(interval.milliseconds) ms"
  }
}
