package idx

import (
	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/dataset/files"
)

// sets are the published sets. SHA-256 digests are of the decompressed files, MD5 digests those that
// are published for the archives.
var sets = []source{
	{
		set: &files.Set{
			Name: "fashion-mnist", Title: "Fashion-MNIST",
			System:  "/usr/share/datasets/fashion-mnist",
			Package: "Debian's dataset-fashion-mnist",
			Files: names(
				"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
				"bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
				"5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
				"0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
			Archives: archives("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
				[4]int64{26421880, 29515, 4422102, 5148},
				"8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
				"bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310"),
		},
		info: about("70,000 articles of clothing of 28×28 grey pixels", "MIT",
			"https://github.com/zalandoresearch/fashion-mnist"),
	},
	{
		set: &files.Set{
			Name: "mnist", Title: "MNIST",
			Files: names(
				"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
				"65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
				"0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
				"ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
			Archives: archives("https://ossci-datasets.s3.amazonaws.com/mnist/",
				[4]int64{9912422, 28881, 1648877, 4542},
				"f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432",
				"9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c"),
		},
		info: about("70,000 handwritten digits of 28×28 grey pixels", "CC BY-SA 3.0",
			"LeCun, Bottou, Bengio & Haffner, Proceedings of the IEEE 1998"),
	},
	{
		set: &files.Set{
			Name: "kmnist", Title: "KMNIST",
			Files: names("", "", "", ""),
			Archives: archives("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
				[4]int64{18165135, 29497, 3041136, 5120},
				"bdb82020997e1d708af4cf47b453dcf7", "e144d726b3acfaa3e44228e80efcd344",
				"5c965bf0a639b31b8f53240b1b52f4d7", "7320c461ea6c1c855c0b718fb2a4b134"),
		},
		info: about("70,000 handwritten Kana of 28×28 grey pixels", "CC BY-SA 4.0",
			"Clanuwat et al. 2018 (arXiv:1812.01718)"),
	},
}

// The files of every set, in the order in which they are read.
var (
	fileNames = [4]string{
		"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
		"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
	}
	fileSizes = [4]int64{47040016, 60008, 7840016, 10008}
)

// names returns the files with the given SHA-256 digests, empty where they are not known.
func names(sha256 ...string) []files.File {
	out := make([]files.File, len(fileNames))
	for i, name := range fileNames {
		out[i] = files.File{Name: name, Size: fileSizes[i], SHA256: sha256[i]}
	}
	return out
}

// archives returns the compressed files in a folder of a server.
func archives(folder string, sizes [4]int64, md5 ...string) []files.Archive {
	out := make([]files.Archive, len(fileNames))
	for i, name := range fileNames {
		out[i] = files.Archive{URL: folder + name + ".gz", Size: sizes[i], MD5: md5[i]}
	}
	return out
}

func about(doc, licence, source string) arbench.DatasetInfo {
	return arbench.DatasetInfo{
		Doc: doc, Shape: []int{1, side, side}, Classes: classes, Licence: licence, Source: source,
	}
}
