internal import Diagnosis

extension ReportedClue {
  init(_ clue: Clue) {
    self.init(
      kind: clue.kind.rawValue, text: clue.text, certainty: clue.certainty.rawValue, place: clue.place,
      address: clue.address.map { HexAddress($0) }, reasons: clue.reasons,
      isByTheWay: clue.isByTheWay ? true : nil)
  }
}
