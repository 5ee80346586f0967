/// What the tracer remembers of a thread between two stops.
struct ThreadProgress {
  /// The call that it is in, and whose end is awaited.
  var number = Self.none
  var arguments = InlineArray<6, UInt64>(repeating: 0)
  /// Whether it is between a call's entry and exit, whether or not that call is watched.
  var isInside = false

  static let none = Int.min
}
