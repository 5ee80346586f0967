import Foundation
import TestSupport
import Testing

/// What a command gets of what stands behind `--`, and of the environment.
@Suite("A command that inquest starts") struct PassedThroughTests {
  @Test(
    "gets arguments and variables that are no UTF-8 byte for byte",
    arguments: ["guard", "run", "trace --output /dev/null"])
  func bytes(command: String) throws {
    let script = """
      export TEXT=$'v\\xff\\xfe'; "$1" \(command) -- sh -c 'printf %s "$1$TEXT$2"' sh $'a\\xffb' 'ä' | od -An -tx1
      """
    #expect(try run(["bash", "-c", script, "bash", CommandLine.executable]).output == " 61 ff 62 76 ff fe c3 a4\n")
  }
}
