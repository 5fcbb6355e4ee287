/// A setting of a unit, as systemd's interface takes it (org.freedesktop.systemd1(5)).
public struct UnitProperty: Equatable, Sendable {
    public var name: String
    public var value: BusValue

    public init(_ name: String, _ value: BusValue) {
        self.name = name
        self.value = value
    }

    /// In the form of StartTransientUnit's and SetUnitProperties' lists.
    var structure: BusValue { .structure([.string(name), .variant(value)]) }

    static func list(_ properties: [UnitProperty]) -> BusValue {
        .array(of: "(sv)", properties.map(\.structure))
    }
}
