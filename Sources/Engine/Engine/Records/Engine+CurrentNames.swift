import Networks
import OCI
import Volumes

extension Engine {
    /// A container's record as it would be written now: volumes may have been renamed since, and networks give addresses to those that
    /// run.
    func asItIs(_ container: StoredContainer) -> StoredContainer {
        var container = container
        if !container.volumes.isEmpty { setVolumeNames(of: &container) }
        if container.settings != nil, let places = try? networks.places(of: container.id), !places.isEmpty {
            container.settings?["NetworkSettings"] = .object(
                NetworkSettings(name: places[0].network.name, places: places).members)
        }
        return container
    }

    private func setVolumeNames(of container: inout StoredContainer) {
        guard let mounts = container.settings?["Mounts"]?.elements else { return }
        let uses = container.volumes
        container.settings?["Mounts"] = .list(
            mounts.map { mount in
                guard let use = uses.first(where: { $0.target == mount["Destination"]?.string }),
                    let volume = volumes.volume(use.id)
                else { return mount }
                var mount = mount
                mount["Name"] = .text(volume.name)
                return mount
            })
    }
}
