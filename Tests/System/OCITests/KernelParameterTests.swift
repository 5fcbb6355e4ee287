import OCI
import Testing

/// `linux.sysctl`: the one map of the specification whose order means something.
@Suite struct KernelParameterTests {
    private func document(_ parameters: String) -> [UInt8] {
        Array(#"{"ociVersion": "1.0.2", "linux": {"sysctl": {\#(parameters)}}}"#.utf8)
    }

    /// Read in the document's order and written in it.
    @Test func order() throws {
        let names = ["net.b", "net.a", "kernel.z", "net/a", "fs.mqueue.x"]
        let parameters = names.map { "\"\($0)\": \"1\"" }.joined(separator: ", ")
        let read = try RuntimeConfiguration(json: document(parameters))
        #expect(read.linux?.sysctl.names == names)
        let again = try RuntimeConfiguration(json: read.json())
        #expect(again.linux?.sysctl.names == names)
        #expect(again == read)
    }

    @Test func givenTwice() {
        #expect(throws: ConfigurationError.self) {
            try RuntimeConfiguration(json: document(#""net.a": "1", "net.a": "1""#))
        }
    }

    /// A new name comes last, one that is there keeps its place, and nil takes it away.
    @Test func changes() {
        var parameters: RuntimeConfiguration.KernelParameters = ["b": "1", "a": "2"]
        parameters["c"] = "3"
        parameters["b"] = "4"
        #expect(parameters.map(\.name) == ["b", "a", "c"])
        #expect(parameters["b"] == "4")
        parameters["a"] = nil
        #expect(parameters.names == ["b", "c"])
        parameters["none"] = nil
        #expect(!parameters.isEmpty)
    }
}
