import Content
import OCI
import RegistryClient

let reference = try ImageReference(CommandLine.arguments[1])
let store = try ContentStore(root: CommandLine.arguments[2])
let client = RegistryClient()
print(
    try client.pull(reference, into: store) {
        if case .moving = $0.state {} else { print($0.descriptor.digest.short, $0.state) }
    })
