extension RuntimeConfiguration {
    /// Kernel parameters with their values, in the order in which they are written: one may set another, as `net.ipv4.ip_forward`
    /// sets that of every device.
    public struct KernelParameters: Equatable, Sendable {
        public struct Entry: Equatable, Sendable {
            public var name: String
            public var value: String
        }

        private var entries: [Entry] = []

        public init() {}

        public var isEmpty: Bool { entries.isEmpty }
        public var names: [String] { entries.map(\.name) }

        /// A new name comes last; one that is there already keeps its place.
        public subscript(name: String) -> String? {
            get { entries.first { $0.name == name }?.value }
            set {
                let place = entries.firstIndex { $0.name == name }
                switch (place, newValue) {
                case (let place?, let value?): entries[place].value = value
                case (let place?, nil): entries.remove(at: place)
                case (nil, let value?): entries.append(Entry(name: name, value: value))
                case (nil, nil): break
                }
            }
        }
    }
}

extension RuntimeConfiguration.KernelParameters: Sequence {
    public func makeIterator() -> [Entry].Iterator { entries.makeIterator() }
}

extension RuntimeConfiguration.KernelParameters: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { self[name] = value }
    }
}

extension RuntimeConfiguration.KernelParameters: JSONDefaulted {
    public static var absent: Self { Self() }
    public var isAbsent: Bool { isEmpty }

    public init(reading reader: inout JSONReader) throws(DocumentFault) {
        self.init()
        try reader.readEntries { (name, reader) throws(DocumentFault) in
            guard self[name] == nil else { throw DocumentFault("is given twice") }
            entries.append(Entry(name: name, value: try String(reading: &reader)))
        }
    }

    public func write(to writer: inout JSONWriter) {
        writer.writeOrdered(entries.map { JSONTree.Member($0.name, .text($0.value)) })
    }
}
