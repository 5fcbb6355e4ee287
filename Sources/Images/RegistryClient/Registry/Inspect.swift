package import OCI

extension RegistryClient {
    /// What a registry has under a name, without its layers.
    package struct Inspection: Sendable {
        /// What the name stands for: a manifest, or an index of several.
        package var named: Descriptor
        package var namedBytes: [UInt8]
        /// The manifest of the platform.
        package var descriptor: Descriptor
        package var manifestBytes: [UInt8]
        package var manifest: ImageManifest
        /// Nil for an artifact, which has none of an image.
        package var configuration: ImageConfiguration?
        package var configurationBytes: [UInt8]?
        /// Those of the index; the image's own where there is none.
        package var platforms: [Platform]
    }

    /// What a name stands for, as it is: a manifest or an index, verified.
    package func document(_ reference: ImageReference) throws -> (descriptor: Descriptor, bytes: [UInt8]) {
        let operation = "inspect \(reference.withDefaultTag.familiar)"
        return try RegistryClientError.telling(operation) {
            let connection = RegistryConnection(try session(for: reference.registry))
            let named = try connection.manifest(reference.repository, ManifestName(reference), operation)
            return (named.descriptor, named.bytes)
        }
    }

    /// An image's manifest and configuration.
    package func inspect(_ reference: ImageReference, platform: Platform = .host) throws -> Inspection {
        let operation = "inspect \(reference.withDefaultTag.familiar)"
        return try RegistryClientError.telling(operation) {
            let repository = reference.repository
            let connection = RegistryConnection(try session(for: reference.registry))
            let named = try connection.manifest(repository, ManifestName(reference), operation)
            var plan = TransferPlan(repository: repository, operation: operation, selection: .platform(platform))
            let root = try plan.add(named) { try connection.manifest(repository, .digest($0.digest), operation) }
            do {
                let manifest = try ImageManifest(json: root.bytes)
                var inspection = Inspection(
                    named: named.descriptor, namedBytes: named.bytes, descriptor: root.descriptor,
                    manifestBytes: root.bytes,
                    manifest: manifest, platforms: [])
                if manifest.config.mediaType.isConfiguration {
                    let bytes = try connection.document(manifest.config, repository, operation)
                    let configuration = try ImageConfiguration(json: bytes)
                    inspection.configuration = configuration
                    inspection.configurationBytes = bytes
                    inspection.platforms = [configuration.platform]
                }
                if named.descriptor.mediaType.isIndex {
                    inspection.platforms = try ImageIndex(json: named.bytes).manifests.compactMap(\.platform)
                }
                return inspection
            } catch let error as ConfigurationError {
                throw RegistryClientError(.protocolViolation, operation, problem: "\(error)")
            }
        }
    }

    /// Removes a tag; with a digest, the manifest and every tag of it.
    package func delete(_ reference: ImageReference) throws {
        let operation = "delete \(reference.withDefaultTag.familiar)"
        return try RegistryClientError.telling(operation) {
            let connection = RegistryConnection(try session(for: reference.registry))
            do {
                try connection.deleteManifest(reference.repository, ManifestName(reference), operation)
            } catch let error as RegistryClientError
                where error.kind == .rejected && error.status == 405 && reference.digest != nil
            {
                throw RegistryClientError(
                    .unusable, operation, at: connection.session.base,
                    problem: "the registry does not allow deletion (status 405)",
                    advice: "`isolab registry serve --delete` does; others have a setting of their own for it")
            } catch let error as RegistryClientError where error.kind == .rejected && reference.digest == nil {
                throw RegistryClientError(
                    .unusable, operation, at: connection.session.base,
                    problem: "the registry does not remove tags (status \(error.status ?? 0))",
                    advice: """
                        `isolab registry serve --delete` does; elsewhere, where every tag of that content may go, delete \
                        \(reference.familiarName)@DIGEST; `isolab registry inspect` tells the digest
                        """
                )
            }
        }
    }
}

extension RegistryConnection {
    /// A small blob in memory, verified.
    func document(_ descriptor: Descriptor, _ repository: String, _ operation: String) throws -> [UInt8] {
        var request = HTTPRequest(.get, address(repository, "blobs/\(descriptor.digest)"))
        request.greatestDuration = session.options.limits.document
        let response = try send(request, for: [AccessScope(repository, .pull)], operation)
        let found = Digest(descriptor.digest.algorithm, of: response.body)
        guard found == descriptor.digest, Int64(response.body.count) == descriptor.size else {
            throw RegistryClientError(
                .wrongContent, operation, at: request.address,
                problem: "the content received is \(found), \(response.body.count) bytes long")
        }
        return response.body
    }
}
