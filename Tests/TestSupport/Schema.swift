import Foundation

/// Validates JSON with Python's jsonschema against `docs/report.schema.json`.
public enum Schema {
  /// - Throws: ``PreparationError`` with what the validator says, where the JSON does not keep to the schema.
  public static func check(_ json: String) throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try json.write(toFile: folder + "/report.json", atomically: false, encoding: .utf8)
    try runChecked([
      "python3", "-c",
      """
      import json, sys, jsonschema
      schema = json.load(open(sys.argv[1]))
      jsonschema.Draft202012Validator.check_schema(schema)
      jsonschema.Draft202012Validator(schema).validate(json.load(open(sys.argv[2])))
      """, Fixture.packageRoot + "/docs/report.schema.json", folder + "/report.json",
    ])
  }
}
