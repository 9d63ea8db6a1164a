{{/* Which apps there are, and what each may touch. Ports are the apps' defaults. */}}
{{- define "lacuna.apps" -}}
- { name: command-api, values: commandApi, grpc: 50051, http: 8051, custody: true, scales: true }
- { name: query-api, values: queryApi, grpc: 50052, http: 8052, custody: true, scales: true }
- { name: projector, values: projector, grpc: 0, http: 8053, custody: false, scales: false }
- { name: reactor, values: reactor, grpc: 50054, http: 8054, custody: true, scales: false }
{{- end }}

{{- define "lacuna.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 45 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 45 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "lacuna.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "lacuna.labels" -}}
{{ include "lacuna.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "lacuna.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "lacuna.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "lacuna.fullname" .) }}
{{- else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}

{{- define "lacuna.keysClaim" -}}
{{ .Values.keys.existingClaim | default (printf "%s-keys" (include "lacuna.fullname" .)) }}
{{- end }}

{{- define "lacuna.packsConfigMap" -}}
{{- if .Values.packs.existingConfigMap }}{{ .Values.packs.existingConfigMap }}
{{- else if .Values.packs.files }}{{ include "lacuna.fullname" . }}-packs{{ end }}
{{- end }}

{{/* Of every pod: a numbered user without rights. OnRootMismatch, since a recursive change would open the key file
     to its group, and custody refuses a key file that others can read. */}}
{{- define "lacuna.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "lacuna.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* Secrets are files: no variable of a pod holds one. */}}
{{- define "lacuna.commonEnv" -}}
- { name: LACUNA_HOME, value: /var/lib/lacuna }
- { name: LACUNA_RUNTIME_DATABASE_URL_FILE, value: /run/secrets/database-runtime/url }
{{- if .Values.log.secretName }}
- { name: LACUNA_LOG_URL_FILE, value: /run/secrets/log/url }
{{- end }}
{{- if include "lacuna.packsConfigMap" . }}
- { name: LACUNA_PACKS, value: /etc/lacuna/packs }
{{- end }}
- { name: LACUNA_LOG_FILE, value: '-' }
- { name: LACUNA_LOG_LEVEL, value: {{ .Values.telemetry.logLevel }} }
{{- end }}

{{- define "lacuna.commonMounts" -}}
- { name: home, mountPath: /var/lib/lacuna }
- { name: tmp, mountPath: /tmp }
- { name: database-runtime, mountPath: /run/secrets/database-runtime, readOnly: true }
{{- if .Values.log.secretName }}
- { name: log, mountPath: /run/secrets/log, readOnly: true }
{{- end }}
{{- end }}

{{- define "lacuna.commonVolumes" -}}
- name: home
  emptyDir: { medium: Memory, sizeLimit: 16Mi }
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
- name: database-runtime
  secret:
    secretName: {{ required "database.runtime.secretName is needed" .Values.database.runtime.secretName }}
    defaultMode: 0440
    items: [{ key: {{ .Values.database.runtime.key }}, path: url }]
{{- if .Values.log.secretName }}
- name: log
  secret:
    secretName: {{ .Values.log.secretName }}
    defaultMode: 0440
    items: [{ key: {{ .Values.log.key }}, path: url }]
{{- end }}
{{- end }}
