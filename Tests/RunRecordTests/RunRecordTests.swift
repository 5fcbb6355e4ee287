import Testing

@testable import RunRecord
