/// Finds, among the members an object names, the one the reader has before it.
struct JSONMemberReader: JSONMembers {
    var reader: JSONReader
    /// The member before the reader; nil: all were read, and those that had to be there are looked for.
    private var key: JSONString?
    private(set) var isTaken = false
    /// One bit a member that was read, in the order in which the object names them.
    private var seen: UInt64 = 0
    private var bit: UInt64 = 1

    init(_ reader: JSONReader) { self.reader = reader }

    mutating func begin(_ key: JSONString) {
        self.key = key
        isTaken = false
        bit = 1
    }

    mutating func beginCheck() {
        key = nil
        bit = 1
    }

    mutating func required<Value: JSONValue>(_ name: StaticString, _ value: inout Value) throws(DocumentFault) {
        if key == nil, seen & bit == 0 { throw DocumentFault("is missing").inside(member: name) }
        guard try isNext(name) else { return }
        try read(name, &value)
    }

    mutating func optional<Value: JSONValue>(_ name: StaticString, _ value: inout Value?) throws(DocumentFault) {
        guard try isNext(name), try !reader.takeNull() else { return }
        do throws(DocumentFault) {
            value = try Value(reading: &reader)
        } catch {
            throw error.inside(member: name)
        }
    }

    mutating func text(_ name: StaticString, _ value: inout String?) throws(DocumentFault) {
        try optional(name, &value)
        if value == "" { value = nil }
    }

    mutating func defaulted<Value: JSONDefaulted>(_ name: StaticString, _ value: inout Value) throws(DocumentFault) {
        guard try isNext(name), try !reader.takeNull() else { return }
        try read(name, &value)
    }

    private mutating func read<Value: JSONValue>(_ name: StaticString, _ value: inout Value) throws(DocumentFault) {
        do throws(DocumentFault) {
            value = try Value(reading: &reader)
        } catch {
            throw error.inside(member: name)
        }
    }

    private mutating func isNext(_ name: StaticString) throws(DocumentFault) -> Bool {
        let own = bit
        bit <<= 1
        guard !isTaken, let key, key.equals(name) else { return false }
        guard seen & own == 0 else { throw DocumentFault("is given twice").inside(member: name) }
        seen |= own
        isTaken = true
        return true
    }
}
