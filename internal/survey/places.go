package survey

// place is a glob below the root of a machine.
type place struct {
	glob string
	hub  bool // JupyterHub's
	home bool // below people's folders
}

// sites are where Python's packages are installed. TLJH has /opt/tljh/{hub,user},
// zero-to-jupyterhub and Jupyter's own images have /opt/conda.
var sites = []place{
	{glob: "usr/lib/python3*/{dist,site}-packages"},
	{glob: "usr/lib64/python3*/site-packages"},
	{glob: "usr/local/lib/python3*/{dist,site}-packages"},
	{glob: "usr/local/*/lib/python3*/site-packages"},
	{glob: "{opt,srv}/*/lib/python3*/site-packages"},
	{glob: "{opt,srv}/*/*/lib/python3*/site-packages"},
	{glob: "{opt,srv}/*/envs/*/lib/python3*/site-packages"},
	{glob: "home/*/.local/lib/python3*/site-packages", home: true},
	{glob: "home/*/*/lib/python3*/site-packages", home: true},
	{glob: "home/*/*/envs/*/lib/python3*/site-packages", home: true},
	{glob: "root/{.local,*}/lib/python3*/site-packages", home: true},
}

// configs are the usual places of configuration in Python. JSON is left out: it
// cannot hold the handlers that write events.
var configs = []place{
	{glob: "etc/jupyterhub/**/*.py", hub: true},
	{glob: "usr/local/etc/jupyterhub/**/*.py", hub: true},
	{glob: "srv/jupyterhub/jupyterhub_config.py", hub: true},
	{glob: "{opt,srv}/{*,*/*}/etc/jupyterhub/**/*.py", hub: true},
	{glob: "opt/tljh/config/jupyterhub_config.d/*.py", hub: true},
	{glob: "root/jupyterhub_config.py", hub: true},
	{glob: "{etc,usr/etc,usr/local/etc}/jupyter/jupyter_{server,notebook,lab,}*config.py"},
	{glob: "{opt,srv}/{*,*/*}/etc/jupyter/jupyter_{server,notebook,lab,}*config.py"},
	{glob: "{home/*,root}/.jupyter/jupyter_{server,notebook,lab,}*config.py", home: true},
}

// usual are where event logs lie in fact, and what documentation proposes.
var usual = []place{
	{glob: "var/log/jupyterhub/*event*", hub: true},
	{glob: "srv/jupyterhub/*event*", hub: true},
	{glob: "var/log/jupyter/{,*/}*event*"},
	{glob: "var/log/jupyter{-,_}*event*"},
	{glob: "var/log/tljh/*event*", hub: true},
	{glob: "home/*/.local/share/jupyter/{,runtime/}*event*", home: true},
	{glob: "home/*/.jupyter/*event*", home: true},
	{glob: "home/*/*event*.log", home: true},
}
