{{/* What holds for every pod and container? Nothing that they can do without. */}}

{{- define "muster.pod" -}}
serviceAccountName: {{ .Values.serviceAccountName }}
automountServiceAccountToken: false
# Variables that Kubernetes makes of the names of Services would be read as settings of Muster.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
{{- end -}}

{{- define "muster.container" -}}
image: {{ include "muster.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
{{- end -}}

{{/* A process shows how it is on a port of its own, from before it opens its databases. */}}
{{- define "muster.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: metrics}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 30
livenessProbe:
  httpGet: {path: /livez, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}

{{- define "muster.settings" -}}
- {name: MUSTER_LOG_FORMAT, value: json}
- {name: MUSTER_PUBLIC_URL, value: {{ include "muster.publicUrl" . | quote }}}
- {name: MUSTER_METRICS_HOST, value: {{ .Values.listen | quote }}}
- {name: MUSTER_METRICS_PORT, value: "9464"}
{{- range $name, $value := .Values.settings }}
- {name: {{ $name }}, value: {{ $value | toString | quote }}}
{{- end }}
{{- end -}}

{{/* A setting whose value is in a Secret; takes the setting, the names of the Secret, and which. */}}
{{- define "muster.secret" -}}
- name: {{ .setting }}
  valueFrom:
    secretKeyRef: {name: {{ .in.name }}, key: {{ index .in .key }}}
{{- end -}}

{{/* Pods of one part keep away from each other where they can. */}}
{{- define "muster.spread" -}}
topologySpreadConstraints:
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "muster.chosen" $.root | nindent 8 }}
        app.kubernetes.io/component: {{ $.component }}
    matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end -}}
