# gateway serve, for any engine and builder: nothing here needs BuildKit.
#   docker build -t gateway .

ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
# No shell, no package manager, and a user of its own ($APP_UID).
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled

FROM $SDK_IMAGE AS build
WORKDIR /source

# What decides which packages there are, by itself: a change of code does not fetch them again.
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props ./
COPY src/Gateway.Core/Gateway.Core.csproj src/Gateway.Core/
COPY src/Gateway.Smtp/Gateway.Smtp.csproj src/Gateway.Smtp/
COPY src/Gateway.Pipeline/Gateway.Pipeline.csproj src/Gateway.Pipeline/
COPY src/Gateway.Local/Gateway.Local.csproj src/Gateway.Local/
COPY src/Gateway.Azure/Gateway.Azure.csproj src/Gateway.Azure/
COPY src/Gateway.Server/Gateway.Server.csproj src/Gateway.Server/
RUN dotnet restore src/Gateway.Server --use-current-runtime

# For the platform that builds, whose native SQLite is then the only one that comes along.
COPY .editorconfig LICENSE ./
COPY src/ src/
RUN dotnet publish src/Gateway.Server --no-restore --use-current-runtime --no-self-contained -p:PublishDocumentationFiles=false --output /app \
 && cp LICENSE /app/ \
 && mkdir /data

FROM $RUNTIME_IMAGE
LABEL org.opencontainers.image.title="Gateway" \
      org.opencontainers.image.description="Mail in by SMTP, signed webhooks out" \
      org.opencontainers.image.licenses="MIT"

# The runtime's diagnostics would put a socket into /tmp, which a read-only root file system has not. What listens where is said by
# --smtp and --http; the base image's word on it would only make a warning.
ENV DOTNET_EnableDiagnostics=0 \
    ASPNETCORE_HTTP_PORTS=

COPY --from=build /app /app
# Written to by a local store only, and meant for a volume then; in Azure nothing is written anywhere.
COPY --from=build --chown=$APP_UID:$APP_UID /data /data
WORKDIR /data

USER $APP_UID
EXPOSE 2525 8080
# It gives up by itself after 5 seconds, and says so.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["/app/gateway", "health"]
# No shell in between: the gateway is process 1, and SIGTERM reaches it.
ENTRYPOINT ["/app/gateway"]
CMD ["serve"]
