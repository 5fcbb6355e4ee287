import Testing

@testable import OCI

@Suite struct StateTests {
    /// The specification's example is read, and written again as it was (`runtime.md`, "State").
    @Test func containerStateSurvivesJSON() throws {
        let text =
            #"{"ociVersion":"0.2.0","id":"oci-container1","pid":4422,"status":"running","#
            + #""bundle":"/containers/redis","annotations":{"myKey":"myValue"}}"#
        let state = try ContainerState(json: text.utf8)
        #expect(
            state
                == ContainerState(
                    ociVersion: "0.2.0", id: "oci-container1", status: .running, pid: 4422,
                    bundle: "/containers/redis", annotations: ["myKey": "myValue"]))
        #expect(String(decoding: state.json(), as: UTF8.self) == text)
    }

    /// What is not known is left out, and a status nobody knows is refused.
    @Test func stoppedContainerHasNoProcess() throws {
        let state = ContainerState(id: "a", status: .stopped, bundle: "/b")
        #expect(
            String(decoding: state.json(), as: UTF8.self)
                == #"{"ociVersion":"1.3.0","id":"a","status":"stopped","bundle":"/b"}"#)
        let error = try #require(throws: ConfigurationError.self) {
            _ = try ContainerState(
                json: #"{"ociVersion": "1.0.2", "id": "a", "status": "zombie", "bundle": "/b"}"#.utf8)
        }
        #expect(error.path == "status")
        #expect(error.description.hasPrefix("state.json: "))
    }

    /// An agent is told the names of the descriptors it receives (`config-linux.md`, "The Container Process State").
    @Test func processStateNamesItsDescriptors() throws {
        let state = ContainerProcessState(
            ociVersion: "1.0.2", pid: 4422, metadata: "MKNOD=/dev/null",
            state: ContainerState(ociVersion: "1.0.2", id: "c", status: .creating, pid: 4422, bundle: "/b"))
        let bytes = state.json()
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"ociVersion":"1.0.2","fds":["seccompFd"],"pid":4422,"metadata":"MKNOD=/dev/null","#
                + #""state":{"ociVersion":"1.0.2","id":"c","pid":4422,"status":"creating","bundle":"/b"}}"#)
        #expect(try ContainerProcessState(json: bytes) == state)
    }
}
