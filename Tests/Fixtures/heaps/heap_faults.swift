// Shows a block that Swift reads a pointer from after it was deallocated.
struct Node {
  var next: UnsafeMutablePointer<Node>
  var value: Int
  var more: (Int, Int, Int)
}

@inline(never)
func nextValue(_ node: UnsafeMutablePointer<Node>) -> Int { node.pointee.next.pointee.value }

@inline(never)
func make(_ next: UnsafeMutablePointer<Node>?) -> UnsafeMutablePointer<Node> {
  let node = UnsafeMutablePointer<Node>.allocate(capacity: 1)
  node.initialize(to: Node(next: next ?? node, value: 1, more: (2, 3, 4)))
  return node
}

let first = make(nil)
let second = make(first)
first.deallocate()
second.deallocate()
let value = nextValue(second)
print(value)
